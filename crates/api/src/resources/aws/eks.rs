//! EKS clusters, node groups and Fargate profiles.

use super::AwsNewerBase;
use crate::model;

model! {
    /// An EKS cluster.
    pub struct AwsEksCluster: AwsNewerBase {
        /// ARN.
        arn = "arn": text;
        /// State, such as `ACTIVE`.
        [Shown] status = "status": text;
        /// Address of the API server.
        [Shown] endpoint = "endpoint": text;
        /// ARN of the role of the control plane.
        role_arn = "roleArn": text;
        /// Name of the role of the control plane.
        role_name = "roleName": text;
        /// Version of the platform, such as `eks.5`.
        platform_version = "platformVersion": text;
        /// Version of Kubernetes, such as `1.29`; text, because `1.30` is not `1.3`.
        [Shown] version = "version": text;
        /// What it is associated with.
        associations = "associations": AwsEksClusterAssociations;
        /// Who can reach the API server.
        resources_vpc_config = "resourcesVpcConfig": AwsEksEndpointAccess;
        /// Identity provider.
        identity = "identity": AwsEksIdentity;
        /// Logging.
        logging = "logging": AwsEksLogging;
    }
}

model! {
    /// What a cluster is associated with.
    pub struct AwsEksClusterAssociations {
        /// Network of the cluster.
        resources_vpc_config = "resourcesVpcConfig": AwsEksNetwork;
    }
}

model! {
    /// The network of a cluster.
    pub struct AwsEksNetwork {
        /// Security group made for the cluster.
        cluster_security_group_id = "clusterSecurityGroupId": text;
        /// Further security groups.
        security_group_ids = "securityGroupIds": [text];
        /// VPC.
        vpc_id = "vpcId": text;
        /// Subnets.
        subnet_ids = "subnetIds": [text];
    }
}

model! {
    /// Who can reach the API server of a cluster.
    pub struct AwsEksEndpointAccess {
        /// Whether it can be reached from the VPC.
        endpoint_private_access = "endpointPrivateAccess": bool;
        /// Whether it can be reached from the internet.
        endpoint_public_access = "endpointPublicAccess": bool;
    }
}

model! {
    /// The identity provider of a cluster.
    pub struct AwsEksIdentity {
        /// OpenID Connect.
        oidc = "oidc": AwsEksOidc;
    }
}

model! {
    /// The OpenID Connect provider of a cluster.
    pub struct AwsEksOidc {
        /// URL of the issuer.
        issuer = "issuer": text;
    }
}

model! {
    /// The logging of a cluster.
    pub struct AwsEksLogging {
        /// Settings by group of log types.
        cluster_logging = "clusterLogging": [AwsEksLogSetup];
    }
}

model! {
    /// Whether a group of log types is on.
    pub struct AwsEksLogSetup {
        /// Log types, such as `api` or `audit`.
        types = "types": [text];
        /// Whether they are written (guess: seen nowhere, but the cloud has it).
        enabled = "enabled": bool;
    }
}

model! {
    /// An EKS node group.
    pub struct AwsEksNodegroup: AwsNewerBase {
        /// State, such as `ACTIVE`.
        [Shown] status = "status": text;
        /// ARN of the role of its nodes.
        node_role = "nodeRole": text;
        /// Name of the role of its nodes.
        node_role_name = "nodeRoleName": text;
        /// `ON_DEMAND` or `SPOT`.
        [Shown] capacity_type = "capacityType": text;
        /// Kind of machine image.
        ami_type = "amiType": text;
        /// Release of the machine image.
        release_version = "releaseVersion": text;
        /// Version of Kubernetes, as text.
        [Shown] version = "version": text;
        /// Instance types of its nodes.
        instance_types = "instanceTypes": [text];
        /// Size of the nodes' disks in GiB.
        disk_size = "diskSize": int;
        /// Kubernetes labels, of open shape.
        labels = "labels": open;
        /// How many nodes.
        scaling_config = "scalingConfig": AwsEksScaling;
        /// Launch template.
        launch_template = "launchTemplate": AwsLaunchTemplate;
        /// Health.
        health = "health": AwsEksHealth;
        /// What it is associated with.
        associations = "associations": AwsEksNodegroupAssociations;
    }
}

model! {
    /// How many nodes a node group has.
    pub struct AwsEksScaling {
        /// At least, digits in a string.
        min_size = "minSize": sint;
        /// At most, digits in a string.
        max_size = "maxSize": sint;
        /// Wanted now, digits in a string.
        desired_size = "desiredSize": sint;
    }
}

model! {
    /// A launch template.
    pub struct AwsLaunchTemplate {
        /// Name.
        name = "name": text;
        /// Id, `lt-…`.
        id = "id": text;
        /// Version.
        version = "version": text;
    }
}

model! {
    /// The health of a node group.
    pub struct AwsEksHealth {
        /// What is wrong.
        issues = "issues": [AwsEksIssue];
    }
}

model! {
    /// Something wrong with a node group.
    pub struct AwsEksIssue {
        /// Code.
        code = "code": text;
        /// Message.
        message = "message": text;
        /// What it concerns.
        resource_ids = "resourceIds": [text];
    }
}

model! {
    /// What a node group is associated with.
    pub struct AwsEksNodegroupAssociations {
        /// ARN of the cluster.
        cluster_arn = "clusterArn": text;
        /// Name of the cluster.
        cluster_name = "clusterName": text;
        /// Subnets.
        subnets = "subnets": [text];
        /// What the cloud made for it.
        resources = "resources": AwsEksNodegroupResources;
    }
}

model! {
    /// What the cloud made for a node group.
    pub struct AwsEksNodegroupResources {
        /// Auto scaling groups.
        auto_scaling_groups = "autoScalingGroups": [AwsEksScalingGroup];
    }
}

model! {
    /// An auto scaling group of a node group.
    pub struct AwsEksScalingGroup {
        /// Name.
        name = "name": text;
    }
}

model! {
    /// An EKS Fargate profile.
    pub struct AwsEksFargateProfile: AwsNewerBase {
        /// State, such as `ACTIVE`.
        [Shown] status = "status": text;
        /// ARN of the role of its pods.
        pod_execution_role_arn = "podExecutionRoleArn": text;
        /// Name of the role of its pods.
        [Shown] pod_execution_role_name = "podExecutionRoleName": text;
        /// Pods it takes.
        selectors = "selectors": [AwsEksSelector];
        /// What it is associated with.
        associations = "associations": AwsEksFargateAssociations;
    }
}

model! {
    /// Pods that a Fargate profile takes.
    pub struct AwsEksSelector {
        /// Namespace.
        namespace = "namespace": text;
        /// Kubernetes labels, of open shape.
        labels = "labels": open;
    }
}

model! {
    /// What a Fargate profile is associated with.
    pub struct AwsEksFargateAssociations {
        /// ARN of the cluster.
        cluster_arn = "clusterArn": text;
        /// Name of the cluster.
        cluster_name = "clusterName": text;
        /// Subnets.
        subnets = "subnets": [text];
    }
}
