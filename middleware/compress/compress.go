package compress

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/httpheader"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// Options tune the middleware. The zero value is ready to use.
type Options struct {
	// MinSize is the size in bytes from which a response is compressed.
	//
	// Defaults to 1024.
	MinSize int
}

// Validate returns an error if MinSize is negative.
func (o Options) Validate() error {
	if o.MinSize < 0 {
		return errors.New("compress: MinSize is negative")
	}
	return nil
}

// New returns middleware that compresses responses.
func New(opts Options) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	shared := newShared(cmp.Or(opts.MinSize, 1024))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.Header["Upgrade"]) > 0 {
				next.ServeHTTP(w, r)
				return
			}
			// Writers are not used again: a goroutine that outlives its request would write
			// into the answer of another.
			cw := &writer{ResponseWriter: w, shared: shared, request: r, coding: choose(r)}
			inside := plainTags(r)
			defer reqinfo.NoteRoute(inside)
			next.ServeHTTP(cw, inside)
			cw.finish() // not after a panic: what was begun must not look complete
		})
	}, nil
}

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

// coding is the content coding of a response.
type coding uint8

const (
	identity coding = iota
	gzipped
	zstded
)

// names of the codings (RFC 9110 section 8.4.1, RFC 8878) and what they add to entity
// tags.
var (
	names    = [...]string{gzipped: "gzip", zstded: "zstd"}
	suffixes = [...]string{gzipped: "-gzip", zstded: "-zstd"}
)

// choose returns the coding of the answer to a request.
func choose(r *http.Request) coding {
	if crossorigin.Ambient(r) {
		// A page of another origin may measure the length (BREACH).
		switch r.Header.Get("Sec-Fetch-Site") {
		case "same-origin", "none":
		default:
			return identity
		}
	}
	return negotiate(r.Header["Accept-Encoding"])
}

// negotiate reads Accept-Encoding (RFC 9110 section 12.5.3). It prefers zstd among
// equals.
func negotiate(lines []string) coding {
	const unsaid = -1
	gzip, zstd, plain, rest := unsaid, unsaid, unsaid, unsaid
	for item := range httpheader.Weighted(lines) {
		switch name := item.Name; {
		case strings.EqualFold(name, "zstd"):
			zstd = item.Weight
		case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
			gzip = item.Weight
		case strings.EqualFold(name, "identity"):
			plain = item.Weight
		case name == "*":
			rest = item.Weight
		}
	}
	if gzip == unsaid {
		gzip = rest
	}
	if zstd == unsaid {
		zstd = rest
	}
	switch best := max(gzip, zstd); {
	case best <= 0 || plain > best:
		return identity
	case zstd == best:
		return zstded
	}
	return gzipped
}

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
