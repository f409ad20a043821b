//! AWS networks, storage, databases, functions and distributions.

use super::Table;

/// Rules of access lists and security groups; `null` or a word for the action is put in between.
macro_rules! rules {
    ($action:literal) => {
        concat!(
            r#"[<rep 1 3>{"portRange":"<pick 22|80|443|443|1024-65535|0-65535>","ruleAction":"#,
            $action,
            r#","protocol":"<pick tcp|tcp|udp|-1>","source":"<pick 0.0.0.0/0|10.0.0.0/8|10.20.0.0/16|192.168.0.0/16>","#,
            r#""type":"<pick Custom TCP|HTTPS|SSH|All traffic>"}<end>]"#
        )
    };
}

const TRUST: &str = concat!(
    r#""{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"#,
    r#"{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}""#
);

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "RDS",
        weight: 18,
        id: "db-<pick orders|users|billing|events>-<enc>",
        title: "<id>",
        global: false,
        fields: &[
            ("dbInstanceIdentifier", r#""<id>""#),
            ("dbName", r#""<pick orders|users|billing|events>""#),
            ("dbClusterIdentifier", r#"<if 300>"cluster-<h 6>"<else>null<end>"#),
            ("dbiResourceId", r#""db-<u 26>""#),
            ("arn", r#""arn:aws:rds:<region>:<acct>:db:<id>""#),
            ("engine", r#""<pick postgres|mysql|aurora-postgresql|mariadb>""#),
            ("engineVersion", r#""1<int 3 6>.<int 1 9>""#),
            ("instanceClass", r#""db.<pick t3.medium|m5.large|r6g.xlarge>""#),
            ("status", r#""<!pick available|available|available|backing-up|stopped>""#),
            ("masterUsername", r#""<pick admin|postgres|root>""#),
            ("licenseModel", r#""<pick postgresql-license|general-public-license>""#),
            ("storageType", r#""<pick gp2|gp3|io1>""#),
            ("caCertificateIdentifier", r#""rds-ca-rsa2048-g1""#),
            ("preferredBackupWindow", r#""0<int 1 9>:00-0<int 1 9>:30""#),
            ("preferredMaintenanceWindow", r#""<pick sun|mon|sat>:03:00-<pick sun|mon|sat>:03:30""#),
            ("dbInstancePort", "<pick:port 5432|3306>"),
            ("backupRetentionPeriod", "<pick 0|1|7|30>"),
            ("publiclyAccessible", r#""<bool 120>""#),
            ("encrypted", r#""<bool 750>""#),
            ("latestRestorableTime", r#""<iso updated>""#),
            ("instanceCreatedTime", r#""<iso created>""#),
            ("subnetId", r#"["<ref SUBNET>","<ref SUBNET>"]"#),
            ("securityGroupId", r#"["<ref VPC_SECURITY_GROUP>"]"#),
            ("dbSecurityGroupList", "[]"),
            (
                "endpoint",
                r#"{"hostedZoneId":"Z<u 13>","address":"<id>.<l 12>.<region>.rds.amazonaws.com","port":<pick:port 5432|3306>}"#,
            ),
            (
                "subnetGroup",
                concat!(
                    r#"{"dbSubnetGroupStatus":"Complete","dbSubnetGroupName":"subnets-<h:group 6>","dbSubnetVpcId":"<ref:vpc VPC>","#,
                    r#""dbsubnetGroupArn":"arn:aws:rds:<region>:<acct>:subgrp:subnets-<h:group 6>","#,
                    r#""subnetList":[<rep 1 2>{"identifier":"<ref SUBNET>","availabilityZone":"<az>","status":"Active"}<end>]}"#
                ),
            ),
        ],
    },
    Table {
        name: "NETWORK_ACL",
        weight: 16,
        id: "acl-0<h 8><enc>",
        title: "acl-<pick public|private|data>",
        global: false,
        fields: &[
            ("networkAclId", r#""<id>""#),
            ("isDefault", r#""<bool 400>""#),
            (
                "associations",
                r#"[<rep 0 2>{"subnetId":"<ref SUBNET>","networkAclAssociationId":"aclassoc-0<h 16>","networkAclId":"<id>"}<end>]"#,
            ),
            ("ipPermissionList", rules!(r#""<pick allow|allow|deny>""#)),
            ("ipPermissionEgressList", rules!(r#""<pick allow|deny>""#)),
        ],
    },
    Table {
        name: "BUCKET",
        weight: 35,
        id: "acme-<pick logs|assets|backup|data|reports>-<enc>",
        title: "<id>",
        global: false,
        fields: &[
            ("bucketName", r#""<id>""#),
            ("bucketCreationDateStr", r#""<iso created>""#),
            ("ownerName", r#""<alias>""#),
            ("bucketOwnerId", r#""<h:owner 64>""#),
            (
                "bucketPolicy",
                concat!(
                    r#"<!if 400>"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\","#,
                    r#"\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::<id>/*\"}]}"<else>null<end>"#
                ),
            ),
            (
                "s3GrantList",
                concat!(
                    r#"[{"emailAddress":null,"groupUri":null,"displayName":"<alias>","permission":"FULL_CONTROL","id":"<h:owner 64>"}"#,
                    r#"<!if 80>,{"emailAddress":null,"groupUri":"http://acs.amazonaws.com/groups/global/AllUsers","#,
                    r#""displayName":null,"permission":"READ","id":null}<end>]"#
                ),
            ),
        ],
    },
    Table {
        name: "VPC",
        weight: 14,
        id: "vpc-0<h 8><enc>",
        title: "vpc-<pick prod|shared|dev>-<h 3>",
        global: false,
        fields: &[
            ("vpcId", r#""<id>""#),
            ("cidrBlock", r#""10.<int 0 255>.0.0/16""#),
            ("instanceTenancy", r#""default""#),
            ("isDefault", r#""<bool 200>""#),
            (
                "ipv6CidrBlockAssociationSet",
                concat!(
                    r#"[<if 200>{"associationId":"vpc-cidr-assoc-0<h 16>","ipv6CidrBlockState":"#,
                    r#"<if 500>"associated"<else>{"state":"associated"}<end>,"ipv6CidrBlock":"2001:db8:<h 4>::/56"}<end>]"#
                ),
            ),
        ],
    },
    Table {
        name: "VPC_SECURITY_GROUP",
        weight: 75,
        id: "sg-0<h 8><enc>",
        title: "sg-<pick web|app|db|bastion|default>-<h 3>",
        global: false,
        fields: &[
            ("groupId", r#""<id>""#),
            ("groupName", r#""<name>""#),
            (
                "description",
                r#""<pick web tier|application tier|database access|managed by infrastructure code>""#,
            ),
            ("vulnerable", r#""<!bool 200>""#),
            ("ipPermissionList", rules!("null")),
            ("ipPermissionEgressList", rules!("null")),
        ],
    },
    Table {
        name: "LAMBDA",
        weight: 60,
        id: "arn:aws:lambda:<region>:<acct>:function:<name>",
        title: "fn-<pick resize|notify|ingest|export|auth>-<enc>",
        global: false,
        fields: &[
            ("functionName", r#""<name>""#),
            ("functionArn", r#""<id>""#),
            ("masterArn", "null"),
            ("roleArn", r#""<ref:role IAM_ROLE>""#),
            ("roleName", r#""<refname:role IAM_ROLE>""#),
            ("handler", r#""index.handler""#),
            ("runtime", r#""<pick:runtime python3.12|nodejs20.x|java21|provided.al2023>""#),
            ("version", r#""$LATEST""#),
            ("revisionId", r#""<guid:revision>""#),
            ("codeSha256", r#""<l 43>=""#),
            ("description", r#""<pick |resizes pictures|sends messages|nightly export>""#),
            ("kmsKeyArn", r#"<if 300>"arn:aws:kms:<region>:<acct>:key/<guid>"<else>null<end>"#),
            ("vpcId", r#"<if 400>"<ref:vpc VPC>"<else>""<end>"#),
            ("tracingConfig", r#""<pick PassThrough|Active>""#),
            (
                "rawFunctionPolicy",
                concat!(
                    r#"<if 300>"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"#,
                    r#"{\"Service\":\"s3.amazonaws.com\"},\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"<id>\"}]}"<else>null<end>"#
                ),
            ),
            ("assumeRolePolicyDocument", TRUST),
            ("codeSize", "<int:code 900 90000000>"),
            ("timeout", "<pick 3|30|60|900>"),
            ("memorySize", "<pick:memory 128|256|512|1024>"),
            ("lastModified", r#""<iso:modified since>""#),
            ("associations", "null"),
            (
                "aliases",
                concat!(
                    r#"[<if 200>{"name":"live","description":"","aliasArn":"<id>:live","functionVersion":"<int 1 20>","#,
                    r#""revisionId":"<guid>","routingConfigAdditionalVersion":null,"#,
                    r#""routingConfigAdditionalVersionWeight":null}<end>]"#
                ),
            ),
            (
                "layers",
                r#"[<if 300>{"name":"common-<l 4>","version":"<int 1 9>","codeSize":<int 1000 900000>}<end>]"#,
            ),
            (
                "functionVersions",
                concat!(
                    r#"[{"version":"$LATEST","role":"<ref:role IAM_ROLE>","runtime":"<pick:runtime python3.12|nodejs20.x|java21|provided.al2023>","#,
                    r#""memorySize":<pick:memory 128|256|512|1024>,"codeSize":<int:code 900 90000000>,"lastModified":"<iso:modified since>"}]"#
                ),
            ),
            (
                "functionUrlConfigs",
                concat!(
                    r#"[<if 120>{"functionUrl":"https://<l:url 32>.lambda-url.<region>.on.aws/","functionArn":"<id>","#,
                    r#""authType":"<pick NONE|AWS_IAM>","cors":null,"creationTime":"<iso created>","lastModifiedTime":"<iso:modified since>"}<end>]"#
                ),
            ),
            (
                "inlinePolicies",
                concat!(
                    r#"[<if 200>{"policyName":"logs","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":"#,
                    r#"[{\"Effect\":\"Allow\",\"Action\":\"logs:*\",\"Resource\":\"*\"}]}"}<end>]"#
                ),
            ),
            (
                "managedPolicies",
                concat!(
                    r#"[{"policyArn":"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole","#,
                    r#""policyName":"AWSLambdaBasicExecutionRole","policyDocument":null}]"#
                ),
            ),
            (
                "eventSourceMappings",
                concat!(
                    r#"[<if 200>{"eventSourceArn":"arn:aws:sqs:<region>:<acct>:queue-<l 6>","state":"Enabled","type":"SQS","#,
                    r#""lastModified":"<iso since>","lastProcessingResult":"OK"}<end>]"#
                ),
            ),
        ],
    },
    Table {
        name: "SUBNET",
        weight: 45,
        id: "subnet-0<h 8><enc>",
        title: "subnet-<pick public|private|data>-<pick a|b|c>",
        global: false,
        fields: &[
            ("subnetId", r#""<id>""#),
            ("cidrBlock", r#""10.<int 0 255>.<int 0 255>.0/24""#),
            ("availableIpAddressCount", "<!int 3 251>"),
            ("assignIpv6AddressOnCreation", "<bool 50>"),
            ("mapPublicIpOnLaunch", "<bool 300>"),
            ("defaultForAz", "<bool 150>"),
            (
                "ipv6CidrBlockAssociationSet",
                r#"[<if 100><if 500>"2001:db8:<h 4>::/64"<else>{"ipv6CidrBlock":"2001:db8:<h 4>::/64"}<end><end>]"#,
            ),
        ],
    },
    Table {
        name: "INTERNET_GATEWAY",
        weight: 11,
        id: "igw-0<h 8><enc>",
        title: "igw-<h 4>",
        global: false,
        fields: &[
            ("internetGatewayId", r#""<id>""#),
            ("attachments", r#"[<!if 900>{"state":"available","vpcId":"<ref:vpc VPC>"}<end>]"#),
        ],
    },
    Table {
        name: "LOAD_BALANCER",
        weight: 18,
        id: "arn:aws:elasticloadbalancing:<region>:<acct>:loadbalancer/app/<name>/<h 8><enc>",
        title: "lb-<pick web|api|edge|internal>-<h 6>",
        global: false,
        fields: &[
            ("loadBalancerName", r#""<name>""#),
            ("loadBalancerArn", r#""<id>""#),
            ("dnsName", r#""<name>-<d 9>.<region>.elb.amazonaws.com""#),
            ("scheme", r#""<pick internet-facing|internal>""#),
            ("state", r#""<!pick active|active|active|provisioning>""#),
            ("ipAddressType", r#""<pick ipv4|ipv4|dualstack>""#),
            ("type", r#""<pick application|network|classic>""#),
            ("createdTime", r#""<iso created>""#),
            ("availabilityZones", r#"["<az>"]"#),
            ("subnets", r#"["<ref:one SUBNET>","<ref:two SUBNET>"]"#),
            ("subnetAvailabilityZonePair", r#"["<ref:one SUBNET>:<az>"]"#),
            ("instances", r#"[<rep 0 2>"<ref EC2_INSTANCE>"<end>]"#),
            (
                "listeners",
                r#"[<rep 1 2>{"protocol":"<pick HTTP|HTTPS|TCP>","port":<pick 80|443|8443>,"sslPolicy":"ELBSecurityPolicy-2016-08"}<end>]"#,
            ),
            (
                "securityGroups",
                r#"[<if 500>"<ref VPC_SECURITY_GROUP>"<else>{"groupId":"<ref:sg VPC_SECURITY_GROUP>","groupName":"<refname:sg VPC_SECURITY_GROUP>"}<end>]"#,
            ),
        ],
    },
    Table {
        name: "ROUTE_TABLE",
        weight: 22,
        id: "rtb-0<h 8><enc>",
        title: "rtb-<pick public|private>-<h 3>",
        global: false,
        fields: &[
            ("routeTableId", r#""<id>""#),
            (
                "associations",
                r#"[<rep 0 2>{"main":<bool 300>,"routeTableAssociationId":"rtbassoc-0<h 16>","subnetId":"<ref SUBNET>"}<end>]"#,
            ),
            (
                "routes",
                r#"[{"destinationCidrBlock":"0.0.0.0/0","gatewayId":"<ref:igw INTERNET_GATEWAY>","state":"active"}]"#,
            ),
            (
                "routeDtos",
                r#"[{"destination":"0.0.0.0/0","target":"<ref:igw INTERNET_GATEWAY>","status":"active","propagated":false}]"#,
            ),
        ],
    },
    Table {
        name: "VPC_ENDPOINT",
        weight: 10,
        id: "vpce-0<h 8><enc>",
        title: "vpce-<pick s3|ssm|ecr|logs>-<h 3>",
        global: false,
        fields: &[
            ("vpcEndpointType", r#""<pick Interface|Gateway>""#),
            ("serviceName", r#""com.amazonaws.<region>.<pick s3|ssm|ecr.api|logs>""#),
            ("state", r#""available""#),
            ("ipAddressType", r#""ipv4""#),
            ("dnsOption", r#""ipv4""#),
            (
                "policyDocument",
                r#""{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}""#,
            ),
            ("privateDnsEnabled", r#""<bool 700>""#),
            ("requesterManaged", "<bool 50>"),
            (
                "securityGroupSet",
                r#"[{"groupName":"<refname:sg VPC_SECURITY_GROUP>","groupId":"<ref:sg VPC_SECURITY_GROUP>"}]"#,
            ),
            ("dnsEntrySets", r#"[{"hostedZoneId":"Z<u 13>","dnsName":"<id>.<region>.vpce.amazonaws.com"}]"#),
            ("routeTableIds", r#"[<rep 0 2>"<ref ROUTE_TABLE>"<end>]"#),
            ("networkInterfaceIds", r#"["eni-0<h 16>"]"#),
            ("subnetIds", r#"["<ref SUBNET>"]"#),
        ],
    },
    Table {
        name: "VPC_ENDPOINT_SERVICE",
        weight: 4,
        id: "vpce-svc-0<h 8><enc>",
        title: "com.amazonaws.vpce.<region>.<id>",
        global: false,
        fields: &[
            ("owner", r#""<acct>""#),
            ("supportedIpAddressType", r#""ipv4""#),
            ("serviceTypes", r#""<pick Interface|GatewayLoadBalancer>""#),
            ("privateDnsName", r#""<pick pay|ship|find>.example.com""#),
            ("privateDnsNameVerificationState", r#""<!pick verified|pendingVerification>""#),
            ("availabilityZone", r#"["<az>"]"#),
            ("baseEndpointDnsName", r#"["<id>.<region>.vpce.amazonaws.com"]"#),
        ],
    },
    Table {
        name: "CLOUDFRONT_DISTRIBUTION",
        weight: 8,
        id: "arn:aws:cloudfront::<acct>:distribution/E<u 6><enc>",
        title: "<pick www|cdn|assets|img>-<h 5>.example.com",
        global: true,
        fields: &[
            ("id", r#""E<u 13>""#),
            ("arn", r#""<id>""#),
            ("status", r#""<!pick Deployed|Deployed|Deployed|InProgress>""#),
            ("comment", r#""<pick |web site|pictures>""#),
            (
                "webAclId",
                r#"<if 400>"arn:aws:wafv2:us-east-1:<acct>:global/webacl/edge/<guid>"<else>""<end>"#,
            ),
            ("httpVersion", r#""<pick http2|http2and3|http1.1>""#),
            ("priceClass", r#""PriceClass_<pick All|100|200>""#),
            ("minimumProtocolVersion", r#""<pick TLSv1.2_2021|TLSv1.2_2019|TLSv1>""#),
            ("loggingBucket", r#"<if:logging 500>"<refname BUCKET>.s3.amazonaws.com"<else>""<end>"#),
            ("loggingBucketPrefix", r#"<if:logging 500>"cf/"<else>""<end>"#),
            (
                "acmCertificateARN",
                r#"<if 700>"arn:aws:acm:us-east-1:<acct>:certificate/<guid>"<else>null<end>"#,
            ),
            ("enabled", "<!bool 900>"),
            ("staging", "<bool 50>"),
            ("loggingEnabled", "<if:logging 500>true<else>false<end>"),
            (
                "origins",
                concat!(
                    // The list was seen inside another list.
                    r#"<if:nested 250>[[<else>[<end>{"Id":"origin-1","DomainName":"<refname:origin BUCKET>.s3.amazonaws.com","OriginPath":"","#,
                    r#""OriginAccessControlId":"E<u 13>","ConnectionTimeout":10,"ConnectionAttempts":3}<if:nested 250>]]<else>]<end>"#
                ),
            ),
            (
                "geoRestriction",
                r#"<if:geo 200>{"RestrictionType":"<pick whitelist|blacklist>","Quantity":<int 1 9>}<else>{"RestrictionType":"none","Quantity":0}<end>"#,
            ),
            (
                "defaultCacheBehavior",
                concat!(
                    r#"{"Compress":<bool 800>,"TargetOriginId":"origin-1","ViewerProtocolPolicy":"<pick redirect-to-https|https-only|allow-all>","#,
                    r#""FieldLevelEncryptionId":"","DefaultTTL":86400,"MinTTL":0,"MaxTTL":31536000,"SmoothStreaming":false,"#,
                    r#""TrustedSigners":{"Enabled":false,"Quantity":0},"TrustedKeyGroups":{"Enabled":false,"Quantity":0},"#,
                    r#""FunctionAssociations":<if 300>{"Quantity":1,"Items":{"FunctionAssociation":[{"EventType":"viewer-request"}]}}<else>{"Quantity":0}<end>,"#,
                    r#""LambdaFunctionAssociations":<if 200>{"Quantity":1,"Items":{"LambdaFunctionAssociation":[{"EventType":"origin-request"}]}}<else>{"Quantity":0}<end>,"#,
                    r#""AllowedMethods":{"Items":{"Method":["GET","HEAD"]},"#,
                    r#""CachedMethods":{"Quantity":2,"Items":{"Method":["GET","HEAD"]}}}}"#
                ),
            ),
        ],
    },
];
