//! AWS resource types.

mod base;
mod cloudfront;
mod compute;
mod eks;
mod identity;
mod lambda;
mod network;
mod sagemaker;
mod storage;

pub use base::*;
pub use cloudfront::*;
pub use compute::*;
pub use eks::*;
pub use identity::*;
pub use lambda::*;
pub use network::*;
pub use sagemaker::*;
pub use storage::*;

super::registry! {
    Aws "SDK" Seen:
    AwsRds "RDS" "RDS database" [];
    AwsNetworkAcl "NETWORK_ACL" "network ACL" ["network acl", "acl"];
    AwsBucket "BUCKET" "S3 bucket" ["s3 bucket", "s3"];
    AwsIamUser "IAM_USER" "IAM user" ["iam user", "iam", "iamuser"];
    AwsVpc "VPC" "VPC" [];
    AwsVpcSecurityGroup "VPC_SECURITY_GROUP" "security group" ["security group", "sg"];
    AwsLambda "LAMBDA" "Lambda function" ["lambda function"];
    AwsSubnet "SUBNET" "subnet" [];
    AwsInternetGateway "INTERNET_GATEWAY" "internet gateway" ["ig", "igw", "gateway"];
    AwsLoadBalancer "LOAD_BALANCER" "load balancer" ["elb", "lb"];
    AwsEc2Instance "EC2_INSTANCE" "EC2 instance" ["ec2", "instance"];
    AwsRouteTable "ROUTE_TABLE" "route table" ["route", "routes"];
    AwsEbs "EBS" "EBS volume" ["volume", "volumes", "ebs volume", "ebs volumes"];
    AwsAutoScalingGroup "AUTO_SCALING_GROUP" "auto scaling group" ["asg", "auto scaling"];
    AwsEksCluster "EKS_CLUSTER" "EKS cluster" ["eks"] newer;
    AwsEksNodegroup "EKS_NODEGROUP" "EKS node group" ["eks node group", "eksng", "node group"] newer;
    AwsEksFargateProfile "EKS_FARGATE_PROFILE" "EKS Fargate profile"
        ["fargate profile", "eks fargate", "fargate"] newer;
    AwsVpcEndpoint "VPC_ENDPOINT" "VPC endpoint" ["endpoint"] newer;
    AwsVpcEndpointService "VPC_ENDPOINT_SERVICE" "VPC endpoint service" ["endpoint service"] newer;
    AwsIamGroup "IAM_GROUP" "IAM group" ["iamgroup"] newer;
    AwsIamPolicy "IAM_POLICY" "IAM policy" ["iampolicy", "policy"] newer;
    AwsIamRole "IAM_ROLE" "IAM role" ["iamrole", "role"] newer;
    AwsSagemakerNotebook "SAGEMAKER_NOTEBOOK" "SageMaker notebook" ["notebook", "sagemaker"] newer;
    AwsCloudfrontDistribution "CLOUDFRONT_DISTRIBUTION" "CloudFront distribution" ["cloudfront"] newer;
}
