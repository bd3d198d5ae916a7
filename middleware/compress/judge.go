package compress

import (
	"net/http"
	"strings"
)

// eligible reports whether a response may be compressed, judged by its status and header.
func eligible(status int, h http.Header) bool {
	switch {
	case status < 200 || status == http.StatusNoContent || status == http.StatusResetContent || status == http.StatusNotModified:
		return false
	case len(h["Content-Encoding"]) > 0 || len(h["Set-Cookie"]) > 0 || digested(h):
		return false
	case hasPrefixFold(h.Get("Content-Range"), "bytes"):
		return false
	case lists(h["Cache-Control"], "no-transform"):
		return false
	}
	contentType := h.Get("Content-Type")
	return contentType == "" || shrinks(contentType)
}

// digests are the headers that hold a digest of the coded body: RFC 9530 sections 2 and 3,
// and before it RFC 3230 section 4.3.2 and RFC 2616 section 14.15.
var digests = []string{"Content-Digest", "Repr-Digest", "Digest", "Content-Md5"}

// digested reports whether a response has a digest in its header or announces one in a
// trailer.
func digested(h http.Header) bool {
	for _, name := range digests {
		if len(h[name]) > 0 {
			return true
		}
	}
	return lists(h["Trailer"], digests...)
}

// lists reports whether the lines of a list have one of some words.
func lists(lines []string, words ...string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			item = strings.TrimSpace(item)
			for _, word := range words {
				if strings.EqualFold(item, word) {
					return true
				}
			}
		}
	}
	return false
}

// shrinks reports whether a media type is worth compressing.
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

// varyEncoding is the Vary header of responses that depend on nothing else.
var varyEncoding = []string{"Accept-Encoding"}

// vary adds Accept-Encoding to Vary if it is missing.
func vary(h http.Header) {
	lines := h["Vary"]
	switch {
	case lists(lines, "*", "Accept-Encoding"):
		return
	case len(lines) == 0:
		h["Vary"] = varyEncoding
		return
	}
	h["Vary"] = append(lines[:len(lines):len(lines)], "Accept-Encoding")
}
