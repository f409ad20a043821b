//! Nested shapes that types of several providers share.

use crate::model;

model! {
    /// A tag of the cloud.
    pub struct Tag {
        /// Key.
        key = "key": text;
        /// Value.
        value = "value": text;
    }
}

model! {
    /// A tag given in Qualys.
    pub struct QualysTag {
        /// Name of the tag.
        tag_name = "tagName": text;
    }
}

model! {
    /// Vulnerabilities of an instance, counted.
    pub struct VulnerabilityStats {
        /// Counts by severity.
        severity = "severity": SeverityCounts;
        /// Counts by how sure the detection is.
        type_detected = "typeDetected": DetectionCounts;
        /// All vulnerabilities.
        total_vulnerability = "totalVulnerability": int;
    }
}

model! {
    /// Vulnerabilities by severity, 1 (minimal) to 5 (urgent).
    pub struct SeverityCounts {
        /// Of severity 1.
        severity_1 = "1": int;
        /// Of severity 2.
        severity_2 = "2": int;
        /// Of severity 3.
        severity_3 = "3": int;
        /// Of severity 4.
        severity_4 = "4": int;
        /// Of severity 5.
        severity_5 = "5": int;
    }
}

model! {
    /// Vulnerabilities by how sure the detection is.
    pub struct DetectionCounts {
        /// Confirmed ones.
        confirmed = "Confirmed": int;
        /// Potential ones.
        potential = "Potential": int;
        /// Gathered information.
        informational = "Informational": int;
    }
}

model! {
    /// A vulnerability found on an instance; the details call lists them.
    pub struct Vulnerability {
        /// Qualys id of the vulnerability.
        qid = "qid": int;
        /// Whether the vendor has a patch.
        patch_available = "patchAvailable": bool;
        /// Known exploits; `---` for none.
        exploitability = "exploitability": text;
        /// Severity, 1 to 5.
        severity = "severity": int;
        /// Severity the customer gave, 1 to 5.
        customer_severity = "customerSeverity": int;
        /// When it was first found (ISO-8601).
        first_found = "firstFound": time;
        /// When it was last found (ISO-8601).
        [Volatile] last_found = "lastFound": time;
        /// Port it was found on.
        port = "port": int;
        /// Protocol of the port.
        protocol = "protocol": text;
        /// Category of the vulnerability.
        category = "category": text;
        /// Operating system of the host.
        host_os = "hostOS": text;
        /// `Confirmed`, `Potential` or `Informational`.
        type_detected = "typeDetected": text;
        /// State, such as `NEW`, `ACTIVE`, `REOPENED`, `FIXED`.
        status = "status": text;
        /// Whether it is disabled.
        disabled = "disabled": bool;
        /// Whether it is ignored.
        ignored = "ignored": bool;
    }
}
