//! EC2 rows of the usual size, made from their number.

use bytes::Bytes;

/// The row of this number: about 1.7 kB, no two alike.
pub(crate) fn ec2(n: u64) -> Bytes {
    // A scrambled number stands in for ids, so that nothing compresses better than it would in life.
    let h = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let g = h.rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let (a, b, c) = (h >> 56, (h >> 48) & 0xff, (h >> 40) & 0xff);
    let region = ["us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"][(g % 4) as usize];
    let state = if h.is_multiple_of(7) { "STOPPED" } else { "RUNNING" };
    let kind = ["t3.micro", "t3.large", "m5.xlarge", "c6i.2xlarge"][(h % 4) as usize];
    let account = 1_000_000_000 + n % 40;
    let minute = n % 60;
    Bytes::from(format!(
        r#"{{"resourceId":"i-{h:017x}","name":"web-{n:06}","uuid":"{h:08x}-1a2b-3c4d-5e6f-{g:012x}","connectorUuid":"0d4f2c1e-7777-3c4d-5e6f-{account:012}","connectorUuids":["0d4f2c1e-7777-3c4d-5e6f-{account:012}"],"cloudType":"AWS","cloudAccountId":"{account:012}","accountAlias":"account-{account}","region":"{region}","resourceType":"EC2_INSTANCE","created":"2024-01-01T22:{minute:02}:12+0000","lastUpdated":"2024-05-01T08:{minute:02}:44+0000","tags":[{{"key":"Name","value":"web-{n:06}"}},{{"key":"env","value":"production"}},{{"key":"cost-center","value":"{b}"}}],"qualysTags":[{{"tagName":"Cloud Agent"}},{{"tagName":"Internet Facing Assets"}}],"remediationEnabled":"false","controlsFailed":{c},"isSnapshotScanEnabled":false,"instanceId":"i-{h:017x}","instanceState":"{state}","instanceStatus":"ok","instanceType":"{kind}","imageId":"ami-{g:017x}","availabilityZone":"{region}a","vpcId":"vpc-{account:017x}","subnetId":"subnet-{:017x}","publicIpAddress":"54.{a}.{b}.{c}","privateIpAddress":"10.{a}.{b}.{c}","publicDnsName":"ec2-54-{a}-{b}-{c}.{region}.compute.amazonaws.com","privateDnsName":"ip-10-{a}-{b}-{c}.{region}.compute.internal","launchTime":"2024-01-01T22:{minute:02}:12.000+00:00","sev3Sev4Sev5VulnCount":{a},"vulnerabilityStats":{{"totalVulnerability":{b},"severity":{{"1":{c},"2":0,"3":{a},"4":1,"5":0}}}},"networkInterfaceAddresses":[{{"interfaceId":"eni-{g:017x}","privateIpAddress":"10.{a}.{b}.{c}","macAddress":"0a:{a:02x}:{b:02x}:{c:02x}:11:22"}}],"securityGroups":[{{"groupId":"sg-{account:017x}","groupName":"default"}},{{"groupId":"sg-{h:017x}","groupName":"web"}}],"classifications":["Internet Facing"],"iamInstanceProfile":{{"name":"web-profile","id":"AIPA{g:016X}","arn":"arn:aws:iam::{account:012}:instance-profile/web-profile"}},"hasSecrets":false}}"#,
        g % 500,
    ))
}
