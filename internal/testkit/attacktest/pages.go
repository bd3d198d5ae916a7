package attacktest

// Trusted is an allowed origin.
const Trusted = "https://trusted.example"

// Strangers are origins that are not allowed: the Origin lines of one request each.
func Strangers() [][]string {
	return [][]string{
		{"https://evil.example"},
		{"null"},
		{"https://trusted.example.evil"},
		{"https://trusted.evil"},
		{"https://eviltrusted.example"},
		{"http://trusted.example"},
		{"https://trusted.example:444"},
		{"https://trusted.example:443"},
		{"https://Trusted.example"},
		{"HTTPS://trusted.example"},
		{"https://trusted.example/"},
		{"https://trusted.example."},
		{"https://sub.trusted.example"},
		{"https://evil@trusted.example"},
		{"https://trusted.example https://evil.example"},
		{"https://trusted.example, https://evil.example"},
		{Trusted, "https://evil.example"},
		{"https://evil.example", Trusted},
		{Trusted, Trusted},
		{"*"},
		{""},
		nil,
	}
}

// OtherPages are the headers, names and values in turn, that browsers add for pages of
// other origins than that of a host.
func OtherPages(host string) [][]string {
	return [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"},
		{"Sec-Fetch-Site", "same-site", "Origin", "https://other." + host},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.test"},
		{"Origin", "null"},
		{"Origin", "https://" + host + ":444"},
	}
}
