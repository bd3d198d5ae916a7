package plinth_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// sheet is long.
type sheet struct {
	bun.BaseModel `bun:"table:sheets"`
	ID            int64  `bun:",pk"`
	Text          string `bun:",notnull"`
}

// TestSlowReadersKeepNobodyOut: strangers from many addresses who have asked for all there
// is and read nothing of it have no place, so that others are served.
func TestSlowReadersKeepNobodyOut(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	config.InsecureDevelopment, config.DisableAccounts = true, true
	config.Keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}}
	config.MaxRequests, config.MaxRequestsPerCaller = 8, 2 // strangers have five of eight
	app := newApp(t, config)
	app.Add(api.Resource[sheet]{Policy: api.Policy{Read: api.Anyone()}})
	app.Prepare(func(ctx context.Context) error {
		for id := range 14 {
			if err := store.For[sheet](app.DB()).Insert(ctx, &sheet{ID: int64(id), Text: strings.Repeat("x", 1<<20)}); err != nil {
				return err
			}
		}
		return nil
	})
	run(t, app, config.Addr)
	ask := func(from int, query string) *http.Response {
		t.Helper()
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(from))}}
		conn, err := dialer.DialContext(t.Context(), "tcp", config.Addr)
		if err != nil {
			t.Skip("other addresses of this machine cannot be used:", err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(50 * time.Second))
		fmt.Fprintf(conn, "GET /rest/v1/sheets?%s HTTP/1.1\r\nHost: %s\r\nApikey: %s\r\n\r\n", query, config.Addr, config.Keys.Publishable[0])
		res, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	var slow []*http.Response
	for from := range 6 {
		res := ask(10+from, "order=id")
		if res.StatusCode != http.StatusOK || res.ContentLength < 14<<20 {
			t.Fatalf("the slow reader %d: %d, %d bytes", from, res.StatusCode, res.ContentLength)
		}
		slow = append(slow, res)
	}
	for range 5 {
		if res := ask(2, "select=id&limit=1"); res.StatusCode != http.StatusOK {
			t.Errorf("others get %d", res.StatusCode)
		}
	}
	res := slow[0] // whoever reads after all gets all
	if n, err := io.Copy(io.Discard, res.Body); err != nil || n != res.ContentLength {
		t.Errorf("%d of %d bytes: %v", n, res.ContentLength, err)
	}
}
