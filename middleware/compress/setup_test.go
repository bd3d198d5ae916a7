package compress_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/compress"
)

// answer is one as it came over a socket, and its body decoded.
type answer struct {
	status int
	header http.Header
	length int // of the body as it came
	body   string
}

// client sends requests to a handler behind the middleware over a socket.
type client struct {
	t    *testing.T
	http *http.Client
	url  string
}

func serve(t *testing.T, opts compress.Options, handler http.Handler) client {
	t.Helper()
	server := httptest.NewServer(middleware.Must(compress.New(opts))(handler))
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return client{t, &http.Client{Transport: transport}, server.URL}
}

// do sends a request with headers like "Accept: text/plain".
func (c client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, len(raw), decode(c.t, res.Header.Get("Content-Encoding"), raw)}
}

func (c client) get(path string, headers ...string) answer {
	c.t.Helper()
	return c.do(http.MethodGet, path, "", headers...)
}

func decode(t *testing.T, coding string, raw []byte) string {
	t.Helper()
	if len(raw) == 0 {
		return ""
	}
	var from io.Reader = bytes.NewReader(raw)
	switch coding {
	case "gzip":
		r, err := gzip.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		from = r
	case "zstd":
		r, err := zstd.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		from = r
	}
	body, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// varies counts how often the answer says that it depends on Accept-Encoding.
func (a answer) varies() (times int) {
	for _, name := range strings.Split(strings.Join(a.header["Vary"], ","), ",") {
		if strings.EqualFold(strings.TrimSpace(name), "Accept-Encoding") {
			times++
		}
	}
	return times
}

func (a answer) has(name string, values ...string) bool {
	return slices.Equal(a.header[http.CanonicalHeaderKey(name)], values)
}

const (
	tellsGzip = "Accept-Encoding: gzip"
	tellsZstd = "Accept-Encoding: zstd"
	tellsAll  = "Accept-Encoding: gzip, deflate, br, zstd"
)

// long is a text that gets smaller.
var long = strings.Repeat("A line that comes again and again.\n", 200)
