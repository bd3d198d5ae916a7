package compress

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
)

// coding is how an answer is written.
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
		// A page of another origin may be guessing at what is in the answer.
		switch r.Header.Get("Sec-Fetch-Site") {
		case "same-origin", "none":
		default:
			return identity
		}
	}
	return negotiate(r.Header["Accept-Encoding"])
}

// negotiate reads Accept-Encoding (RFC 9110 section 12.5.3). It prefers zstd among
// equals. A weight that is none refuses its coding.
func negotiate(lines []string) coding {
	const unsaid = -1
	gzip, zstd, plain, rest := unsaid, unsaid, unsaid, unsaid
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(item, ";")
			name = strings.TrimSpace(name)
			switch {
			case strings.EqualFold(name, "zstd"):
				zstd = weight(params)
			case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
				gzip = weight(params)
			case strings.EqualFold(name, "identity"):
				plain = weight(params)
			case name == "*":
				rest = weight(params)
			}
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

// weight reads "q=0.5" in thousandths (RFC 9110 section 12.4.2). None is 1,000.
func weight(params string) int {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1000
	}
	name, value, _ := strings.Cut(params, "=")
	whole, fraction, _ := strings.Cut(value, ".")
	if !strings.EqualFold(name, "q") || len(whole) != 1 || len(fraction) > 3 {
		return 0
	}
	n := 0
	for _, digits := range []string{whole, fraction, "000"[len(fraction):]} {
		for i := range len(digits) {
			if digits[i] < '0' || digits[i] > '9' {
				return 0
			}
			n = n*10 + int(digits[i]-'0')
		}
	}
	if n > 1000 {
		return 0
	}
	return n
}
