//! AWS machines, volumes and clusters.

use super::Table;

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "EC2_INSTANCE",
        weight: 190,
        id: "i-0<h 8><enc>",
        title: "<pick web|app|api|worker|batch|db|cache|proxy>-<pick prod|prod|staging|dev>-<h 3>",
        global: false,
        fields: &[
            ("instanceId", r#""<id>""#),
            ("instanceState", r#""<!pick running|running|running|running|running|stopped>""#),
            ("instanceStatus", r#""<!pick ok|ok|ok|ok|impaired|initializing>""#),
            (
                "instanceType",
                r#""<pick t3.medium|t3.large|m5.large|m5.xlarge|c6i.large|r6g.xlarge|t4g.small>""#,
            ),
            ("imageId", r#""ami-0<h 16>""#),
            ("publicIpAddress", r#"<if:public 350>"<ip:public pub>"<else>null<end>"#),
            ("privateIpAddress", r#""<ip:private priv>""#),
            ("ipAddress", r#"<if:public 350>"<ip:public pub>"<else>"<ip:private priv>"<end>"#),
            (
                "elasticIpAddress",
                r#"<if:public 350><if:elastic 300>"<ip:public pub>"<else>null<end><else>null<end>"#,
            ),
            ("secondaryPrivateIpAddress", r#"<if 60>"<ip priv>"<else>null<end>"#),
            (
                "publicDnsName",
                r#"<if:public 350>"ec2-<ip:public pub>.<region>.compute.amazonaws.com"<else>""<end>"#,
            ),
            ("privateDnsName", r#""ip-<ip:private priv>.ec2.internal""#),
            ("spotInstanceRequestId", r#"<if 50>"sir-<l 8>"<else>null<end>"#),
            ("launchTime", r#""<iso:launch since>""#),
            (
                "networkInterfaceAddresses",
                r#"[{"interfaceId":"eni-0<h:eni 16>","privateIpAddress":"<ip:private priv>"}]"#,
            ),
            (
                "securityGroups",
                concat!(
                    r#"[{"groupId":"<ref:sg VPC_SECURITY_GROUP>","groupName":"<refname:sg VPC_SECURITY_GROUP>"}"#,
                    r#"<if 150>,{"groupId":"<ref:sg2 VPC_SECURITY_GROUP>","groupName":"<refname:sg2 VPC_SECURITY_GROUP>"}<end>]"#
                ),
            ),
            ("events", r#"[<!if 40>{"code":"system-reboot","description":"scheduled reboot"}<end>]"#),
            (
                "iamInstanceProfile",
                concat!(
                    r#"<if:profile 150>{"name":"<pick:role web|app|batch|ops>-profile","id":"AIPA<u:profile 17>","#,
                    r#""arn":"arn:aws:iam::<acct>:instance-profile/<pick:role web|app|batch|ops>-profile"}<else>null<end>"#
                ),
            ),
            (
                "iamInstanceProfileRoleDetails",
                concat!(
                    r#"<if:profile 150>{"profileName":"<pick:role web|app|batch|ops>-profile","#,
                    r#""profileArn":"arn:aws:iam::<acct>:instance-profile/<pick:role web|app|batch|ops>-profile","#,
                    r#""roleArn":"<ref:profile IAM_ROLE>","roleName":"<refname:profile IAM_ROLE>"}<else>null<end>"#
                ),
            ),
        ],
    },
    Table {
        name: "EBS",
        weight: 130,
        id: "vol-0<h 8><enc>",
        title: "<pick root|data|logs|backup>-<h 4>",
        global: false,
        fields: &[
            ("volumeId", r#""<id>""#),
            ("volumeType", r#""<pick gp3|gp3|gp2|io1|st1>""#),
            ("state", r#""<!pick in-use|in-use|in-use|available>""#),
            ("snapshotId", r#"<if 600>"snap-0<h 16>"<else>""<end>"#),
            ("iops", "<pick 100|300|3000|6000>"),
            ("size", r#""<pick 8|20|50|100|200|500>""#),
            ("encrypted", "<bool 600>"),
            ("createTime", r#""<iso created>""#),
            (
                "attachments",
                concat!(
                    r#"[<if 750>{"attachTime":"<iso since>","device":"/dev/<pick xvda|sdf|sdg>","instanceId":"<ref EC2_INSTANCE>","#,
                    r#""state":"attached","deleteOnTermination":<bool 700>}<end>]"#
                ),
            ),
        ],
    },
    Table {
        name: "AUTO_SCALING_GROUP",
        weight: 12,
        id: "asg-<pick web|app|worker>-<enc>",
        title: "<id>",
        global: false,
        fields: &[
            ("autoScalingGroupName", r#""<name>""#),
            (
                "autoScalingGroupARN",
                r#""arn:aws:autoscaling:<region>:<acct>:autoScalingGroup:<guid>:autoScalingGroupName/<name>""#,
            ),
            ("launchConfigurationName", r#""lc-<pick web|app|worker>-<d 4>""#),
            ("healthCheckType", r#""<pick EC2|ELB>""#),
            ("createdTime", r#""<iso created>""#),
            ("instances", r#"[<rep 1 3>"<ref EC2_INSTANCE>"<end>]"#),
            ("availabilityZones", r#"["<az>"]"#),
            ("loadBalancerNames", r#"[<if 500>"<refname LOAD_BALANCER>"<end>]"#),
        ],
    },
    Table {
        name: "EKS_CLUSTER",
        weight: 6,
        id: "arn:aws:eks:<region>:<acct>:cluster/<name>",
        title: "eks-<pick prod|staging|dev|ml>-<enc>",
        global: false,
        fields: &[
            ("arn", r#""<id>""#),
            ("status", r#""<!pick ACTIVE|ACTIVE|ACTIVE|UPDATING>""#),
            ("endpoint", r#""https://<u 32>.gr7.<region>.eks.amazonaws.com""#),
            ("roleArn", r#""<ref:role IAM_ROLE>""#),
            ("roleName", r#""<refname:role IAM_ROLE>""#),
            ("platformVersion", r#""eks.<int 1 20>""#),
            ("version", r#""1.<pick 27|28|29|30|31>""#),
            (
                "associations",
                concat!(
                    r#"{"resourcesVpcConfig":{"clusterSecurityGroupId":"<ref VPC_SECURITY_GROUP>","#,
                    r#""securityGroupIds":["<ref VPC_SECURITY_GROUP>"],"vpcId":"<ref:vpc VPC>","#,
                    r#""subnetIds":["<ref SUBNET>","<ref SUBNET>"]}}"#
                ),
            ),
            (
                "resourcesVpcConfig",
                r#"{"endpointPrivateAccess":<bool 500>,"endpointPublicAccess":<bool 600>}"#,
            ),
            ("identity", r#"{"oidc":{"issuer":"https://oidc.eks.<region>.amazonaws.com/id/<u 32>"}}"#),
            (
                "logging",
                r#"{"clusterLogging":[{"types":["api","audit","authenticator"],"enabled":<bool 500>}]}"#,
            ),
        ],
    },
    Table {
        name: "EKS_NODEGROUP",
        weight: 8,
        id: "arn:aws:eks:<region>:<acct>:nodegroup/<refname EKS_CLUSTER>/<name>",
        title: "ng-<pick general|gpu|spot|system>-<enc>",
        global: false,
        fields: &[
            ("status", r#""<!pick ACTIVE|ACTIVE|ACTIVE|DEGRADED>""#),
            ("nodeRole", r#""<ref:role IAM_ROLE>""#),
            ("nodeRoleName", r#""<refname:role IAM_ROLE>""#),
            ("capacityType", r#""<pick ON_DEMAND|SPOT>""#),
            ("amiType", r#""<pick AL2_x86_64|AL2023_x86_64_STANDARD|BOTTLEROCKET_x86_64>""#),
            ("releaseVersion", r#""1.29.<int 0 9>-2024<int 10 12>0<int 1 9>""#),
            ("version", r#""1.<pick 27|28|29|30>""#),
            ("instanceTypes", r#"["<pick m5.large|m5.xlarge|c6i.xlarge|g5.xlarge>"]"#),
            ("diskSize", "<pick 20|50|100>"),
            ("labels", r#"{"workload":"<pick general|gpu|batch>"}"#),
            ("scalingConfig", r#"{"minSize":"<int 1 2>","maxSize":"<int 4 12>","desiredSize":"<!int 2 4>"}"#),
            ("launchTemplate", r#"{"name":"lt-<h 6>","id":"lt-0<h 16>","version":"<int 1 9>"}"#),
            (
                "health",
                concat!(
                    r#"{"issues":[<!if 100>{"code":"AsgInstanceLaunchFailures","#,
                    r#""message":"The group could not launch instances","resourceIds":["<ref AUTO_SCALING_GROUP>"]}<end>]}"#
                ),
            ),
            (
                "associations",
                concat!(
                    r#"{"clusterArn":"<ref:cluster EKS_CLUSTER>","clusterName":"<refname:cluster EKS_CLUSTER>","#,
                    r#""subnets":["<ref SUBNET>","<ref SUBNET>"],"#,
                    r#""resources":{"autoScalingGroups":[{"name":"<refname AUTO_SCALING_GROUP>"}]}}"#
                ),
            ),
        ],
    },
    Table {
        name: "EKS_FARGATE_PROFILE",
        weight: 4,
        id: "arn:aws:eks:<region>:<acct>:fargateprofile/<refname EKS_CLUSTER>/<name>",
        title: "fp-<pick jobs|batch|web>-<enc>",
        global: false,
        fields: &[
            ("status", r#""ACTIVE""#),
            ("podExecutionRoleArn", r#""<ref:role IAM_ROLE>""#),
            ("podExecutionRoleName", r#""<refname:role IAM_ROLE>""#),
            (
                "selectors",
                r#"[{"namespace":"<pick default|jobs|batch>","labels":{"tier":"<pick front|back>"}}]"#,
            ),
            (
                "associations",
                concat!(
                    r#"{"clusterArn":"<ref:cluster EKS_CLUSTER>","clusterName":"<refname:cluster EKS_CLUSTER>","#,
                    r#""subnets":["<ref SUBNET>"]}"#
                ),
            ),
        ],
    },
    Table {
        name: "SAGEMAKER_NOTEBOOK",
        weight: 4,
        id: "arn:aws:sagemaker:<region>:<acct>:notebook-instance/<name>",
        title: "notebook-<pick fraud|churn|vision|forecast>-<enc>",
        global: false,
        fields: &[
            ("status", r#""<!pick InService|Stopped>""#),
            ("url", r#""<name>.notebook.<region>.sagemaker.aws""#),
            ("instanceType", r#""<pick ml.t3.medium|ml.m5.xlarge|ml.g4dn.xlarge>""#),
            ("platformId", r#""notebook-al2-v<int 1 3>""#),
            ("roleArn", r#""<ref IAM_ROLE>""#),
            ("networkInterfaceId", r#""eni-0<h 16>""#),
            ("defaultCodeRepository", r#"<if 300>"https://git.example.com/ml/<l 6>.git"<else>null<end>"#),
            ("directInternetAccess", r#""<pick Enabled|Disabled>""#),
            ("rootAccess", r#"<if 500>"<pick Enabled|Disabled>"<else><bool 500><end>"#),
            ("volumeSizeInGB", "<pick 5|20|50>"),
            ("securityGroups", r#"["<ref VPC_SECURITY_GROUP>"]"#),
        ],
    },
];
