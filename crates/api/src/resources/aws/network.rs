//! VPCs and what is inside them, load balancers included.

use super::{AwsBase, AwsNewerBase};
use crate::model;

model! {
    /// A rule of a network ACL or security group.
    pub struct IpPermission {
        /// Port or range of ports.
        port_range = "portRange": text;
        /// `allow` or `deny`; none in security groups.
        rule_action = "ruleAction": text;
        /// Protocol.
        protocol = "protocol": text;
        /// CIDR or security group on the other side.
        source = "source": text;
        /// What kind of traffic.
        r#type = "type": text;
    }
}

model! {
    /// A network ACL.
    pub struct AwsNetworkAcl: AwsBase {
        /// Id of the ACL, `acl-…`.
        network_acl_id = "networkAclId": text;
        /// VPC it belongs to.
        [Shown] vpc_id = "vpcId": text;
        /// Whether it is the default ACL of its VPC.
        [Shown] is_default = "isDefault": sbool;
        /// Subnets it applies to.
        associations = "associations": [AwsNetworkAclAssociation];
        /// Rules for traffic coming in.
        ip_permission_list = "ipPermissionList": [IpPermission];
        /// Rules for traffic going out.
        ip_permission_egress_list = "ipPermissionEgressList": [IpPermission];
    }
}

model! {
    /// A subnet a network ACL applies to.
    pub struct AwsNetworkAclAssociation {
        /// Subnet.
        subnet_id = "subnetId": text;
        /// Id of the association.
        network_acl_association_id = "networkAclAssociationId": text;
        /// Network ACL.
        network_acl_id = "networkAclId": text;
    }
}

model! {
    /// A security group.
    pub struct AwsVpcSecurityGroup: AwsBase {
        /// Id of the group, `sg-…`.
        group_id = "groupId": text;
        /// Name of the group.
        [Shown] group_name = "groupName": text;
        /// Description.
        description = "description": text;
        /// VPC it belongs to.
        [Shown] vpc_id = "vpcId": text;
        /// Whether the service finds it vulnerable.
        [Shown] vulnerable = "vulnerable": sbool;
        /// Rules for traffic coming in.
        ip_permission_list = "ipPermissionList": [IpPermission];
        /// Rules for traffic going out.
        ip_permission_egress_list = "ipPermissionEgressList": [IpPermission];
    }
}

model! {
    /// A VPC.
    pub struct AwsVpc: AwsBase {
        /// Id of the VPC, `vpc-…`.
        vpc_id = "vpcId": text;
        /// IPv4 range.
        [Shown] cidr_block = "cidrBlock": text;
        /// Tenancy of its instances, such as `default` or `dedicated`.
        instance_tenancy = "instanceTenancy": text;
        /// Whether it is the default VPC of its region.
        [Shown] is_default = "isDefault": sbool;
        /// IPv6 ranges.
        ipv6_cidr_block_association_set = "ipv6CidrBlockAssociationSet": [Ipv6Association];
    }
}

model! {
    /// An IPv6 range of a VPC.
    pub struct Ipv6Association {
        /// Id of the association.
        association_id = "associationId": text;
        /// State: a word, or an object that holds it.
        ipv6_cidr_block_state = "ipv6CidrBlockState": open;
        /// Range.
        ipv6_cidr_block = "ipv6CidrBlock": text;
    }
}

model! {
    /// A subnet.
    pub struct AwsSubnet: AwsBase {
        /// Id of the subnet, `subnet-…`.
        subnet_id = "subnetId": text;
        /// VPC it belongs to.
        [Shown] vpc_id = "vpcId": text;
        /// Availability zone.
        availability_zone = "availabilityZone": text;
        /// IPv4 range.
        [Shown] cidr_block = "cidrBlock": text;
        /// IPv4 addresses that are free.
        [Volatile] available_ip_address_count = "availableIpAddressCount": int;
        /// Whether new interfaces get an IPv6 address.
        assign_ipv6_address_on_creation = "assignIpv6AddressOnCreation": bool;
        /// Whether new instances get a public IPv4 address.
        [Shown] map_public_ip_on_launch = "mapPublicIpOnLaunch": bool;
        /// Whether it is the default subnet of its zone.
        default_for_az = "defaultForAz": bool;
        /// IPv6 ranges: objects or plain text.
        ipv6_cidr_block_association_set = "ipv6CidrBlockAssociationSet": [open];
    }
}

model! {
    /// An internet gateway.
    pub struct AwsInternetGateway: AwsBase {
        /// Id of the gateway, `igw-…`.
        [Shown] internet_gateway_id = "internetGatewayId": text;
        /// VPCs it is attached to, of open shape (state and VPC id are expected).
        attachments = "attachments": [open];
    }
}

model! {
    /// A route table.
    pub struct AwsRouteTable: AwsBase {
        /// Id of the route table, `rtb-…`.
        route_table_id = "routeTableId": text;
        /// VPC it belongs to.
        [Shown] vpc_id = "vpcId": text;
        /// Subnets and gateways that use it, of open shape.
        associations = "associations": [open];
        /// Routes, of open shape.
        routes = "routes": [open];
        /// Routes in the service's own form, of open shape.
        route_dtos = "routeDtos": [open];
    }
}

model! {
    /// A load balancer of any generation.
    pub struct AwsLoadBalancer: AwsBase {
        /// Name of the load balancer.
        load_balancer_name = "loadBalancerName": text;
        /// ARN.
        load_balancer_arn = "loadBalancerArn": text;
        /// DNS name.
        [Shown] dns_name = "dnsName": text;
        /// `internet-facing` or `internal`.
        [Shown] scheme = "scheme": text;
        /// State, such as `active`.
        [Shown] state = "state": text;
        /// Kinds of IP addresses, such as `ipv4` or `dualstack`.
        ip_address_type = "ipAddressType": text;
        /// Generation: `application`, `network` or `classic`.
        [Shown] r#type = "type": text;
        /// VPC it is in; the wire writes the name with a lower-case i.
        vpc_id = "vpcid": text;
        /// When it was created in the cloud (ISO-8601).
        created_time = "createdTime": time;
        /// Availability zones: text, or objects of open shape.
        availability_zones = "availabilityZones": [open];
        /// Subnets: text, or objects of open shape.
        subnets = "subnets": [open];
        /// Pairs of subnet and availability zone: text, or objects of open shape.
        subnet_availability_zone_pair = "subnetAvailabilityZonePair": [open];
        /// Instances behind it: text, or objects of open shape.
        instances = "instances": [open];
        /// Listeners, of open shape.
        listeners = "listeners": [open];
        /// Security groups: text, or objects of open shape.
        security_groups = "securityGroups": [open];
    }
}

model! {
    /// A VPC endpoint.
    pub struct AwsVpcEndpoint: AwsNewerBase {
        /// VPC it belongs to.
        [Shown] vpc_id = "vpcId": text;
        /// Kind of endpoint, such as `Interface` or `Gateway`.
        [Shown] vpc_endpoint_type = "vpcEndpointType": text;
        /// Service it leads to.
        [Shown] service_name = "serviceName": text;
        /// State, such as `available`.
        [Shown] state = "state": text;
        /// Kinds of IP addresses, such as `ipv4`.
        ip_address_type = "ipAddressType": text;
        /// Kinds of DNS records made for it.
        dns_option = "dnsOption": text;
        /// Policy, JSON in a string.
        [Sensitive] policy_document = "policyDocument": jstr;
        /// Whether private DNS is on.
        private_dns_enabled = "privateDnsEnabled": sbool;
        /// Whether the service behind it manages it.
        requester_managed = "requesterManaged": bool;
        /// Security groups.
        security_group_set = "securityGroupSet": [AwsGroupName];
        /// DNS names.
        dns_entry_sets = "dnsEntrySets": [AwsDnsEntry];
        /// Route tables.
        route_table_ids = "routeTableIds": [text];
        /// Network interfaces.
        network_interface_ids = "networkInterfaceIds": [text];
        /// Subnets.
        subnet_ids = "subnetIds": [text];
    }
}

model! {
    /// A security group by id and name.
    pub struct AwsGroupName {
        /// Name.
        group_name = "groupName": text;
        /// Id.
        group_id = "groupId": text;
    }
}

model! {
    /// A DNS name of an endpoint.
    pub struct AwsDnsEntry {
        /// Hosted zone.
        hosted_zone_id = "hostedZoneId": text;
        /// Name.
        dns_name = "dnsName": text;
    }
}

model! {
    /// A VPC endpoint service.
    pub struct AwsVpcEndpointService: AwsNewerBase {
        /// Account that offers the service.
        [Shown] owner = "owner": text;
        /// Kinds of IP addresses it takes.
        supported_ip_address_type = "supportedIpAddressType": text;
        /// Kinds of service, such as `Interface`.
        [Shown] service_types = "serviceTypes": text;
        /// Private DNS name.
        private_dns_name = "privateDnsName": text;
        /// State of the proof that the private DNS name is owned.
        private_dns_name_verification_state = "privateDnsNameVerificationState": text;
        /// Whether connections must be accepted by hand.
        [Shown] acceptance_required = "acceptanceRequired": bool;
        /// Whether the service manages its endpoints.
        manages_vpc_endpoints = "managesVpcEndpoints": bool;
        /// Whether endpoint policies are supported.
        vpc_endpoint_policy_supported = "vpcEndpointPolicySupported": bool;
        /// Availability zones; a list under a singular name.
        availability_zone = "availabilityZone": [text];
        /// DNS names.
        base_endpoint_dns_name = "baseEndpointDnsName": [text];
    }
}
