"""HTTP as it comes: proxies, certificates, headers, ranges and codings. Knows no provider."""
