package compress

import (
	"net/http"
	"strings"
)

// eligible reports whether an answer may be coded, by all that is known before its
// body.
func eligible(status int, h http.Header) bool {
	switch {
	case status < 200 || status == http.StatusNoContent || status == http.StatusResetContent || status == http.StatusNotModified:
		return false
	case len(h["Content-Encoding"]) > 0 || len(h["Content-Digest"]) > 0 || len(h["Set-Cookie"]) > 0:
		return false
	case hasPrefixFold(h.Get("Content-Range"), "bytes"):
		return false
	}
	for _, line := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(directive), "no-transform") {
				return false
			}
		}
	}
	contentType := h.Get("Content-Type")
	return contentType == "" || shrinks(contentType)
}

// shrinks reports whether bodies of a media type get smaller.
func shrinks(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	kind, sub, _ := strings.Cut(media, "/")
	switch kind {
	case "text":
		return sub != "event-stream"
	case "application", "image", "model", "font":
		switch sub {
		case "json", "javascript", "xml", "wasm", "yaml", "x-yaml", "toml", "sql", "graphql", "x-ndjson", "jsonl", "x-javascript", "rtf", "ttf", "otf", "bmp",
			"vnd.ms-fontobject":
			return true
		}
		return strings.HasSuffix(sub, "+json") || strings.HasSuffix(sub, "+xml") || strings.HasSuffix(sub, "+yaml") || strings.HasSuffix(sub, "+text")
	}
	return false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// varyEncoding is shared by all answers that depend on nothing else.
var varyEncoding = []string{"Accept-Encoding"}

// vary says that the answer depends on Accept-Encoding, unless it is said.
func vary(h http.Header) {
	lines := h["Vary"]
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, "Accept-Encoding") {
				return
			}
		}
	}
	if len(lines) == 0 {
		h["Vary"] = varyEncoding
		return
	}
	h["Vary"] = append(lines[:len(lines):len(lines)], "Accept-Encoding")
}
