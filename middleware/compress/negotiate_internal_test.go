package compress

import (
	"net/http"
	"strings"
	"testing"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		lines []string
		want  coding
	}{
		{nil, identity},
		{[]string{""}, identity},
		{[]string{"gzip"}, gzipped},
		{[]string{"GZIP"}, gzipped},
		{[]string{"x-gzip"}, gzipped},
		{[]string{"zstd"}, zstded},
		{[]string{"br"}, identity},
		{[]string{"gzip, deflate, br"}, gzipped},
		{[]string{"gzip, deflate, br, zstd"}, zstded},
		{[]string{"gzip;q=1.0, zstd;q=0.9"}, gzipped},
		{[]string{"gzip;q=0.1 , zstd; q=0.101"}, zstded},
		{[]string{"gzip", "zstd"}, zstded},
		{[]string{"gzip;q=0"}, identity},
		{[]string{"gzip;q=0.000"}, identity},
		{[]string{"gzip;q=0, zstd"}, zstded},
		{[]string{"*"}, zstded},
		{[]string{"*;q=0"}, identity},
		{[]string{"zstd;q=0, *"}, gzipped},
		{[]string{"gzip, *;q=0"}, gzipped},
		{[]string{"identity"}, identity},
		{[]string{"identity, gzip;q=0.5"}, identity},
		{[]string{"identity;q=0.5, gzip"}, gzipped},
		{[]string{"identity;q=0"}, identity}, // nothing else is left either
		{[]string{"gzip;q=nan"}, identity},
		{[]string{"gzip;q=2"}, identity},
		{[]string{"gzip;q=1.001"}, identity},
		{[]string{"gzip;q=0.0001"}, identity},
		{[]string{"gzip;q=-1"}, identity},
		{[]string{"gzip;q="}, identity},
		{[]string{"gzip;x=1"}, gzipped}, // says nothing against it
		{[]string{"gzip;x=1;q=0"}, identity},
		{[]string{"gzipped, gzi"}, identity},
	}
	for _, tt := range tests {
		if got := negotiate(tt.lines); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.lines, got, tt.want)
		}
	}
}

// FuzzNegotiate: no coding is chosen that the client has not named.
func FuzzNegotiate(f *testing.F) {
	f.Add("gzip, deflate, br, zstd;q=0.5")
	f.Add("*;q=0.001,gzip;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		lower := strings.ToLower(header)
		if c := negotiate([]string{header}); c != identity && !strings.Contains(lower, names[c]) && !strings.Contains(lower, "*") {
			t.Errorf("%q chooses %s", header, names[c])
		}
	})
}

// FuzzTags: what comes back is what the handler gave, whatever stands around it, and the
// caller's request is not changed.
func FuzzTags(f *testing.F) {
	f.Add(`"3.bJ2L"`, `W/"x", *`)
	f.Add(`W/"a,b"`, `"-gzip"`)
	f.Fuzz(func(t *testing.T, tag, others string) {
		if !strings.HasSuffix(tag, `"`) || strings.HasSuffix(tag, `-gzip"`) || strings.HasSuffix(tag, `-zstd"`) || strings.Contains(tag, `-gzip"`) || strings.Contains(tag, `-zstd"`) {
			return
		}
		for _, c := range []coding{gzipped, zstded} {
			line := codedTag(tag, c)
			header := http.Header{"If-None-Match": {others, line}, "If-Match": {line}}
			r := plainTags(&http.Request{Header: header})
			if r.Header["If-None-Match"][1] != tag || r.Header["If-Match"][0] != tag || header["If-Match"][0] != line {
				t.Errorf("%q comes back as %q", tag, r.Header)
			}
			if known := knownTag(tag, http.Header{"If-None-Match": {line}}, identity); known != line {
				t.Errorf("%q is known as %q", tag, known)
			}
		}
	})
}
