package compress_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/compress"
)

// TestCoded: which answers are coded, by what the handler says of them. Every one says
// that it depends on Accept-Encoding, once.
func TestCoded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		headers []string // of the answer
		status  int
		body    string
		coded   bool
	}{
		{"JSON", []string{"Content-Type: application/json; charset=utf-8"}, 200, long, true},
		{"Problem", []string{"Content-Type: application/problem+json"}, 400, long, true},
		{"Unauthorized", []string{"Content-Type: application/json"}, 401, long, true},
		{"PostgRESTObject", []string{"Content-Type: application/vnd.pgrst.object+json"}, 200, long, true},
		{"CSV", []string{"Content-Type: text/csv; charset=utf-8"}, 200, long, true},
		{"SVG", []string{"Content-Type: image/svg+xml"}, 200, long, true},
		{"Sniffed", nil, 200, long, true},
		{"SniffedPicture", nil, 200, "\x89PNG\r\n\x1a\n" + long, false},
		{"Rows", []string{"Content-Type: application/json", "Content-Range: 0-24/3573458"}, 206, long, true},
		{"VarySaid", []string{"Content-Type: text/plain", "Vary: Accept, accept-encoding, Origin"}, 200, long, true},
		{"VaryOfOthers", []string{"Content-Type: text/plain", "Vary: Origin"}, 200, long, true},
		{"Exactly", []string{"Content-Type: text/plain"}, 200, long[:1024], true},
		{"Small", []string{"Content-Type: text/plain"}, 200, long[:1023], false},
		{"Nothing", []string{"Content-Type: text/plain"}, 200, "", false},
		{"Picture", []string{"Content-Type: image/png"}, 200, long, false},
		{"Archive", []string{"Content-Type: application/zip"}, 200, long, false},
		{"Unknown", []string{"Content-Type: application/octet-stream"}, 200, long, false},
		{"Events", []string{"Content-Type: text/event-stream"}, 200, long, false},
		{"Bytes", []string{"Content-Type: text/plain", "Content-Range: bytes 0-6999/70000"}, 206, long, false},
		{"Parts", []string{"Content-Type: multipart/byteranges; boundary=x"}, 206, long, false},
		{"ContentDigest", []string{"Content-Type: text/plain", "Content-Digest: sha-256=:x:"}, 200, long, false},
		{"ReprDigest", []string{"Content-Type: text/plain", "Repr-Digest: sha-256=:x:"}, 200, long, false},
		{"Digest", []string{"Content-Type: text/plain", "Digest: sha-256=x"}, 200, long, false},
		{"ContentMD5", []string{"Content-Type: text/plain", "Content-MD5: x"}, 200, long, false},
		{"DigestBehind", []string{"Content-Type: text/plain", "Trailer: Server-Timing, repr-digest"}, 200, long, false},
		{"TrailerOfOthers", []string{"Content-Type: text/plain", "Trailer: Server-Timing"}, 200, long, true},
		{"NoTransform", []string{"Content-Type: application/json", "Cache-Control: no-store, No-Transform"}, 200, long, false},
		{"Cookie", []string{"Content-Type: application/json", "Set-Cookie: a=b"}, 200, long, false},
		{"NoStore", []string{"Content-Type: application/json", "Cache-Control: no-store"}, 200, long, true},
	}
	for _, tt := range tests {
		for _, sized := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", tt.name, sized), func(t *testing.T) {
				t.Parallel()
				c := serve(t, compress.Options{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					for _, h := range tt.headers {
						name, value, _ := strings.Cut(h, ": ")
						w.Header().Set(name, value)
					}
					w.Header().Set("ETag", `"1"`)
					if sized {
						w.Header().Set("Content-Length", strconv.Itoa(len(tt.body)))
					}
					w.WriteHeader(tt.status)
					_, _ = io.Copy(w, iotest.HalfReader(strings.NewReader(tt.body)))
				}))
				plain := c.get("/")
				if plain.header.Get("Content-Encoding") != "" || plain.body != tt.body || !plain.has("ETag", `"1"`) || plain.varies() != 1 {
					t.Errorf("for clients that take nothing: %v", plain.header)
				}
				for header, coding := range map[string]string{tellsGzip: "gzip", tellsZstd: "zstd", tellsAll: "zstd"} {
					a := c.get("/", header)
					if a.status != tt.status || a.body != tt.body || a.varies() != 1 || a.header.Get("Content-Type") != plain.header.Get("Content-Type") {
						t.Errorf("%s: %d, %v", header, a.status, a.header)
					}
					switch {
					case tt.coded && (!a.has("Content-Encoding", coding) || !a.has("ETag", `"1-`+coding+`"`) || a.length > len(tt.body)/5):
						t.Errorf("%s: %d bytes, %v", header, a.length, a.header)
					case !tt.coded && (a.has("Content-Encoding", coding) || !a.has("ETag", `"1"`) || a.length != len(tt.body)):
						t.Errorf("%s: %d bytes, %v", header, a.length, a.header)
					}
					if length := a.header.Get("Content-Length"); length != "" && length != strconv.Itoa(a.length) || !tt.coded && sized && length == "" {
						t.Errorf("%s: Content-Length %q of %d", header, length, a.length)
					}
				}
			})
		}
	}
}

// TestCookies: an answer to a request with a cookie is coded for pages of the same
// origin only.
func TestCookies(t *testing.T) {
	t.Parallel()
	c := serve(t, compress.Options{}, text(long))
	for site, coded := range map[string]bool{"same-origin": true, "none": true, "same-site": false, "cross-site": false, "": false} {
		a := c.get("/", tellsGzip, "Cookie: a=b", "Sec-Fetch-Site: "+site)
		if got := a.has("Content-Encoding", "gzip"); got != coded || a.body != long {
			t.Errorf("%q: %v", site, a.header)
		}
		if a = c.get("/", tellsGzip, "Sec-Fetch-Site: "+site); !a.has("Content-Encoding", "gzip") {
			t.Errorf("%q without a cookie: %v", site, a.header)
		}
	}
}

// TestCredentialsOfBrowsers: what a browser sends by itself is as good as a cookie for
// whoever guesses, whatever is sent beside it. A bearer token is none, since a page has to
// have it.
func TestCredentialsOfBrowsers(t *testing.T) {
	t.Parallel()
	const bearer = "Bearer x"
	certificate := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	handler := middleware.Must(compress.New(compress.Options{}))(text(long))
	for _, tt := range []struct {
		name          string
		authorization []string
		tls           *tls.ConnectionState
		own           bool // a browser's own
	}{
		{"nothing", nil, nil, false},
		{"bearer", []string{bearer}, nil, false},
		{"bearer in other case, by TLS", []string{"bearer x"}, &tls.ConnectionState{}, false},
		{"basic", []string{"Basic eDp5"}, nil, true},
		{"digest", []string{`Digest username="x"`}, nil, true},
		{"negotiate", []string{"Negotiate YII="}, nil, true},
		{"basic and bearer", []string{bearer, "Basic eDp5"}, nil, true},
		{"certificate", nil, certificate, true},
		{"certificate and bearer", []string{bearer}, certificate, true},
	} {
		for site, same := range map[string]bool{"same-origin": true, "none": true, "same-site": false, "cross-site": false, "": false} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Authorization"], r.TLS = tt.authorization, tt.tls
			r.Header.Set("Accept-Encoding", "gzip")
			r.Header.Set("Sec-Fetch-Site", site)
			handler.ServeHTTP(w, r)
			if coded := w.Header().Get("Content-Encoding") != ""; coded != (same || !tt.own) {
				t.Errorf("%s from %q: coded %t", tt.name, site, coded)
			}
		}
	}
}

// text answers with a text that it names the length of.
func text(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("ETag", `"1"`)
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, body)
		}
	})
}

// TestHead: the headers are those of GET.
func TestHead(t *testing.T) {
	t.Parallel()
	for _, body := range []string{long, "short"} {
		c := serve(t, compress.Options{}, text(body))
		for _, take := range []string{"Accept: */*", tellsGzip, tellsZstd} {
			get, head := c.get("/", take), c.do(http.MethodHead, "/", "", take)
			for _, name := range []string{"Content-Type", "Content-Encoding", "Etag", "Vary"} {
				if !head.has(name, get.header[name]...) {
					t.Errorf("%d bytes, %s: %s %q of HEAD, %q of GET", len(body), take, name, head.header[name], get.header[name])
				}
			}
			if head.length != 0 || get.header.Get("Content-Encoding") == "" && !head.has("Content-Length", strconv.Itoa(len(body))) {
				t.Errorf("%d bytes, %s: %v", len(body), take, head.header)
			}
		}
	}
}

func TestNoBody(t *testing.T) {
	t.Parallel()
	c := serve(t, compress.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		w.WriteHeader(status)
	}))
	for _, status := range []int{200, 201, 204, 205, 304, 500} {
		if a := c.get(fmt.Sprint("/", status), tellsGzip); a.status != status || a.length != 0 || a.header.Get("Content-Encoding") != "" || a.varies() != 1 {
			t.Errorf("%d: %d %v", status, a.status, a.header)
		}
	}
	nothing := serve(t, compress.Options{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if a := nothing.get("/", tellsGzip); a.status != 200 || a.length != 0 || a.varies() != 1 {
		t.Errorf("%d %v", a.status, a.header)
	}
}

// TestStream: what is flushed arrives before the handler goes on.
func TestStream(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"application/x-ndjson", "text/event-stream"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			next := make(chan bool)
			c := serve(t, compress.Options{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				flush := http.NewResponseController(w).Flush
				if err := flush(); err != nil { // the header alone
					t.Error(err)
				}
				for i := range 3 {
					if !<-next {
						return
					}
					fmt.Fprintf(w, "line %d\n", i)
					if err := flush(); err != nil {
						t.Error(err)
					}
				}
			}))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", "gzip")
			defer close(next)
			res, err := c.http.Do(r) // returns when the header is there
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var body io.Reader = res.Body
			if coded := res.Header.Get("Content-Encoding") == "gzip"; coded != (kind == "application/x-ndjson") {
				t.Errorf("coded: %t", coded)
			} else if coded {
				next <- true
				if body, err = gzip.NewReader(res.Body); err != nil {
					t.Fatal(err)
				}
			} else {
				next <- true
			}
			lines := bufio.NewReader(body)
			for i := range 3 {
				if i > 0 {
					next <- true
				}
				if line, err := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("line %d\n", i) {
					t.Fatalf("%q, %v", line, err)
				}
			}
		})
	}
}

// TestPanic: an answer that was held back is not sent, and one on its way does not end
// well.
func TestPanic(t *testing.T) {
	t.Parallel()
	recovering := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					http.Error(w, "recovered", http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	half := recovering(middleware.Must(compress.New(compress.Options{}))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "half")
		panic("half")
	})))
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	if half.ServeHTTP(w, r); w.Code != 500 || w.Body.String() != "recovered\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}

	begun := serve(t, compress.Options{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, long)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, begun.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Accept-Encoding", "gzip")
	res, err := begun.http.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an answer that was broken off ends with %v", err)
	}
}

// TestFile: ranges of files are those of the file, and its whole is coded.
func TestFile(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	c := serve(t, compress.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"file"`)
		http.ServeContent(w, r, strings.TrimPrefix(r.URL.Path, "/"), when, strings.NewReader(long))
	}))
	whole := c.get("/a.txt", tellsGzip)
	if !whole.has("Content-Encoding", "gzip") || !whole.has("ETag", `"file-gzip"`) || whole.header.Get("Accept-Ranges") != "" || whole.body != long {
		t.Errorf("%v", whole.header)
	}
	part := c.get("/a.txt", tellsGzip, "Range: bytes=35-69", `If-Range: "file"`)
	if part.status != 206 || part.body != long[35:70] || part.header.Get("Content-Encoding") != "" || !part.has("Content-Range", fmt.Sprintf("bytes 35-69/%d", len(long))) {
		t.Errorf("%d %v", part.status, part.header)
	}
	if again := c.get("/a.txt", tellsGzip, "Range: bytes=35-69", `If-Range: "file-gzip"`); again.status != 200 || again.body != long {
		t.Errorf("a part of a coded body: %d %v", again.status, again.header)
	}
	if picture := c.get("/a.png", tellsGzip); picture.header.Get("Content-Encoding") != "" || picture.body != long || picture.header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("%v", picture.header)
	}
	for _, coded := range []string{`"file-gzip"`, `"file-zstd"`, `W/"file-gzip"`, `"file"`} {
		if same := c.get("/a.txt", tellsZstd, "If-None-Match: "+coded); same.status != 304 || !same.has("ETag", strings.TrimPrefix(coded, "W/")) {
			t.Errorf("%s: %d %v", coded, same.status, same.header)
		}
	}
}

// TestUpgrade: another protocol is not touched.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for _, upgrade := range []bool{true, false} {
		c := serve(t, compress.Options{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
		}))
		headers := []string{tellsGzip}
		if upgrade {
			headers = append(headers, "Connection: Upgrade", "Upgrade: echo")
		}
		if a := c.get("/", headers...); a.body != "hi" || a.varies() != 0 {
			t.Errorf("upgrade %t: %q %v", upgrade, a.body, a.header)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if a := serve(t, compress.Options{MinSize: 10}, text("aaaaaaaaaa")).get("/", tellsGzip); !a.has("Content-Encoding", "gzip") {
		t.Errorf("%v", a.header)
	}
	if _, err := compress.New(compress.Options{MinSize: -1}); err == nil {
		t.Error("a negative size is accepted")
	}
}

// TestEarlyHints: what comes before the answer decides nothing.
func TestEarlyHints(t *testing.T) {
	t.Parallel()
	a := serve(t, compress.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		text(long).ServeHTTP(w, r)
	})).get("/", tellsGzip)
	if a.status != 200 || !a.has("Content-Encoding", "gzip") || a.body != long {
		t.Errorf("%d %v", a.status, a.header)
	}
}

func BenchmarkCompress(b *testing.B) {
	for name, body := range map[string]string{"small": "{}", "list": strings.Repeat(`{"id":"0198c7a0-5b1c-7c55-8f2e-2f6d1a4b9c3e","title":"A note of some length","version":3},`, 60)} {
		for _, take := range []string{"", "gzip", "zstd"} {
			b.Run(name+"/"+take, func(b *testing.B) {
				handler := middleware.Must(compress.New(compress.Options{}))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					h := w.Header()
					h["Content-Type"], h["Content-Length"] = []string{"application/json"}, []string{strconv.Itoa(len(body))}
					_, _ = io.WriteString(w, body)
				}))
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header.Set("Accept-Encoding", take)
				b.ReportAllocs()
				for b.Loop() {
					w := discard{header: http.Header{}}
					handler.ServeHTTP(&w, r)
				}
			})
		}
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
