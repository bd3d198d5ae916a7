package middleware_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// dialSlowly makes connections of which the system keeps little, so that who does not read has
// the server wait.
func dialSlowly(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetReadBuffer(128 << 10)
}

// TestSlowReaders: whoever reads nothing of a long answer keeps no place, however the answer
// is written and by whatever version of HTTP it comes, and gets all of it in the end.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 14<<20) // more than the system keeps of a connection
	name := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(name, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	const piece = 1 << 10
	ways := map[string]func(w http.ResponseWriter, r *http.Request){
		"bytes":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(long)) },
		"string": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) },
		"pieces": func(w http.ResponseWriter, _ *http.Request) {
			for at := 0; at < len(long); at += piece {
				_, _ = io.WriteString(w, long[at:at+piece])
			}
		},
		"flushed pieces": func(w http.ResponseWriter, _ *http.Request) {
			for at := 0; at < len(long); at += piece {
				_, _ = io.WriteString(w, long[at:at+piece])
				_ = http.NewResponseController(w).Flush()
			}
		},
		"source": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, struct{ io.Reader }{strings.NewReader(long)})
		},
		"file": func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) },
	}
	for way, send := range ways {
		for _, version := range []int{1, 2} {
			t.Run(way+"/HTTP "+string(rune('0'+version)), func(t *testing.T) {
				t.Parallel()
				one := middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 1, Queue: 1, Wait: 5 * time.Second, Logger: quiet()})
				s := httptest.NewUnstartedServer(one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/long" {
						send(w, r)
					}
				})))
				if s.EnableHTTP2 = version == 2; s.EnableHTTP2 {
					s.StartTLS()
				} else {
					s.Start()
				}
				defer s.Close()
				s.Client().Transport.(*http.Transport).DialContext = dialSlowly
				ask := func(path string) *http.Response {
					t.Helper()
					r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, http.NoBody)
					if err != nil {
						t.Fatal(err)
					}
					res, err := s.Client().Do(r)
					if err != nil {
						t.Fatal(err)
					}
					if res.ProtoMajor != version || res.StatusCode != http.StatusOK {
						t.Errorf("%s: %s, %s", path, res.Proto, res.Status)
					}
					return res
				}
				slow := ask("/long")
				defer slow.Body.Close() //nolint:errcheck // read to its end
				_ = ask("/").Body.Close()
				if n, err := io.Copy(io.Discard, slow.Body); int(n) != len(long) || err != nil {
					t.Errorf("%d of %d bytes: %v", n, len(long), err)
				}
			})
		}
	}
}
