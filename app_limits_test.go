package plinth_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHeaderLimit: a block of headers beyond 32 KiB is 431 and the connection
// ends, be it one header or many.
func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	app := newApp(t, config)
	app.Router().Get("/up", func(http.ResponseWriter, *http.Request) {})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	}()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if status, _ := get(t, "http://"+config.Addr+"/up"); status == http.StatusOK {
			break
		}
		if time.Since(begun) > 20*time.Second {
			t.Fatal("the application does not answer")
		}
	}
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, "a%d: b\r\n", i)
	}
	for what, tt := range map[string]struct {
		headers string
		status  int
	}{
		"16 KiB":         {"X: " + strings.Repeat("x", 16<<10) + "\r\n", http.StatusOK},
		"33 KiB":         {"X: " + strings.Repeat("x", 33<<10) + "\r\n", http.StatusRequestHeaderFieldsTooLarge},
		"20,000 headers": {many.String(), http.StatusRequestHeaderFieldsTooLarge},
	} {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", config.Addr)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			// The server may stop reading before all is sent.
			_, _ = fmt.Fprintf(conn, "GET /up HTTP/1.1\r\nHost: %s\r\n%s\r\n", config.Addr, tt.headers)
		}()
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.status || tt.status >= 400 && !res.Close {
			t.Errorf("%s: status %d, closed %v, want %d", what, res.StatusCode, res.Close, tt.status)
		}
		_ = conn.Close()
	}
}
