"""All instances of AWS, Azure and GCP with confirmed vulnerabilities of severity 5, as a data frame."""

import polars as pl
from totalcloud import Client

client = Client()  # TOTALCLOUD_PLATFORM (or _URL), TOTALCLOUD_USERNAME, TOTALCLOUD_PASSWORD
urgent = "vulnerability.severity:5 and vulnerability.typeDetected:Confirmed"
machines = pl.DataFrame(client.resources(["ec2", "vm", "vm_instance"], filter=urgent))
print(machines)
