package compress

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

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
