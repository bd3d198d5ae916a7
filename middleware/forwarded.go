package middleware

import (
	"net/netip"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

// walkForwarded reads Forwarded from its end. Each line is parsed as a whole first, because
// a client may have sent an open quote before the element that the proxy appended.
func (p proxies) walkForwarded(lines []string) (client netip.Addr) {
	var room [8]string
	for i := len(lines) - 1; i >= 0; i-- {
		nodes, ok := forwardedNodes(lines[i], room[:0])
		if !ok {
			return netip.Addr{}
		}
		for j := len(nodes) - 1; j >= 0; j-- {
			client = node(nodes[j])
			if !p.has(client) {
				return client
			}
		}
	}
	return client
}

// forwardedNodes appends the for parameter of each element of a line, or "" for an element
// without one. ok is false if the line breaks the grammar of RFC 7239 section 4.
func forwardedNodes(line string, nodes []string) (_ []string, ok bool) {
	for {
		var (
			who  string
			last bool
		)
		who, line, last, ok = forwardedElement(line)
		if !ok {
			return nil, false
		}
		nodes = append(nodes, who)
		if last {
			return nodes, true
		}
	}
}

// forwardedElement reads the pairs of one element, up to a comma or the end.
func forwardedElement(line string) (who, rest string, last, ok bool) {
	seen := false
	for {
		name, after, found := strings.Cut(line, "=")
		name = strings.TrimLeft(name, " \t")
		if !found || !httpheader.IsToken(name) {
			return "", "", false, false
		}
		var value string
		if value, line, ok = forwardedValue(after); !ok {
			return "", "", false, false
		}
		if strings.EqualFold(name, "for") {
			if seen {
				return "", "", false, false
			}
			who, seen = value, true
		}
		line = strings.TrimLeft(line, " \t")
		switch {
		case line == "":
			return who, "", true, true
		case line[0] == ',':
			return who, line[1:], false, true
		case line[0] != ';':
			return "", "", false, false
		}
		line = line[1:]
	}
}

// forwardedValue reads a token or a quoted string (RFC 9110 section 5.6.4). It keeps
// backslashes, since no valid node needs one.
func forwardedValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := 0
		for end < len(s) && httpheader.IsTokenChar(s[end]) {
			end++
		}
		return s[:end], s[end:], end > 0
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:], true
		}
	}
	return "", "", false
}

// node parses the address of a node (RFC 7239 section 6). Obfuscated names are rejected.
func node(text string) netip.Addr {
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 || !isNodePort(text[end+1:]) {
			return netip.Addr{}
		}
		return hop(text[:end+1])
	}
	host, _, _ := strings.Cut(text, ":")
	if !isNodePort(text[len(host):]) {
		return netip.Addr{}
	}
	return hop(host)
}

// isNodePort reports whether the text after an address is empty or a port: digits or an
// obfuscated name.
func isNodePort(s string) bool {
	if s == "" {
		return true
	}
	port := strings.TrimPrefix(s, ":")
	if len(port) == len(s) || port == "" {
		return false
	}
	if name, hidden := strings.CutPrefix(port, "_"); hidden {
		return httpheader.IsToken(name)
	}
	return len(port) <= 5 && strings.Trim(port, "0123456789") == ""
}
