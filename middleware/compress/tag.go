package compress

import (
	"net/http"
	"strings"
)

// conditions are the request headers with entity tags that plainTags rewrites.
var conditions = [...]string{"If-Match", "If-None-Match"}

// plainTags returns the request with the entity tags as the handler set them. It does not
// modify r.
func plainTags(r *http.Request) *http.Request {
	var changed *http.Request
	for _, name := range conditions {
		lines := r.Header[name]
		for i, line := range lines {
			plain := line
			for _, suffix := range suffixes[gzipped:] {
				plain = strings.ReplaceAll(plain, suffix+`"`, `"`)
			}
			if plain == line {
				continue
			}
			if changed == nil {
				changed = new(http.Request)
				*changed = *r
				changed.Header = r.Header.Clone()
			}
			changed.Header[name][i] = plain
		}
	}
	if changed == nil {
		return r
	}
	return changed
}

// codedTag returns the entity tag of the compressed representation.
func codedTag(tag string, c coding) string {
	inner, closed := strings.CutSuffix(tag, `"`)
	if !closed || c == identity {
		return tag
	}
	return inner + suffixes[c] + `"`
}

// knownTag returns the form of a tag that the client sent, so that the client finds its
// stored response (RFC 9111 section 4.3.4).
func knownTag(tag string, header http.Header, preferred coding) string {
	opaque := strings.TrimPrefix(tag, "W/")
	for _, c := range [...]coding{preferred, zstded, gzipped} {
		if c == identity {
			continue
		}
		for _, line := range header["If-None-Match"] {
			if strings.Contains(line, codedTag(opaque, c)) {
				return codedTag(tag, c)
			}
		}
	}
	return tag
}
