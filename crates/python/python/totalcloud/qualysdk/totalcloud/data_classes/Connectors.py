"""The classes of connectors."""

from .classes import AWSConnector, AzureConnector, Connector, GCPConnector, OCIConnector

__all__ = ["AWSConnector", "AzureConnector", "Connector", "GCPConnector", "OCIConnector"]
