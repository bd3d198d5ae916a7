package plinth_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
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
// is and read nothing of it have no place, so that others are served: of one large answer, of
// one that is coded, and of many small ones.
func TestSlowReadersKeepNobodyOut(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	config.InsecureDevelopment, config.DisableAccounts = true, true
	config.Keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}}
	config.MaxRequests, config.MaxRequestsPerCaller = 8, 2 // strangers have five of eight
	app := newApp(t, config)
	app.Add(api.Resource[sheet]{Policy: api.Policy{Read: api.Anyone()}})
	app.Prepare(func(ctx context.Context) error {
		noise := make([]byte, 3<<18)
		for id := range 14 {
			_, _ = rand.NewChaCha8([32]byte{byte(id)}).Read(noise) // a MiB that no coding makes small
			if err := store.For[sheet](app.DB()).Insert(ctx, &sheet{ID: int64(id), Text: base64.StdEncoding.EncodeToString(noise)}); err != nil {
				return err
			}
		}
		return store.For[sheet](app.DB()).Insert(ctx, &sheet{ID: 14, Text: strings.Repeat("x", 60_000)})
	})
	run(t, app, config.Addr)
	ask := func(t *testing.T, from, times int, query, header string) *http.Response {
		t.Helper()
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(from))}}
		conn, err := dialer.DialContext(t.Context(), "tcp", config.Addr)
		if err != nil {
			t.Skip("other addresses of this machine cannot be used:", err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if err := conn.(*net.TCPConn).SetReadBuffer(128 << 10); err != nil { // else the system may take all of it
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(50 * time.Second))
		line := fmt.Sprintf("GET /rest/v1/sheets?%s HTTP/1.1\r\nHost: %s\r\nApikey: %s\r\n%s\r\n", query, config.Addr, config.Keys.Publishable[0], header)
		if _, err := io.WriteString(conn, strings.Repeat(line, times)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	// Answers are made until nothing more can be sent, and are then not sent for a minute: a
	// moment later there are places.
	served := func(t *testing.T, from, times int, query, header string) *http.Response {
		t.Helper()
		for began := time.Now(); ; {
			res := ask(t, from, times, query, header)
			if res.StatusCode == http.StatusOK {
				return res
			}
			if time.Since(began) > 20*time.Second {
				t.Fatalf("%d is answered %d", from, res.StatusCode)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	for _, tt := range []struct {
		name, query, header string
		times, bytes        int // how often it is asked for, and how much comes at least
	}{
		{"large", "id=lt.14&order=id", "", 1, 14 << 20},
		{"coded", "id=lt.14&order=id", "Accept-Encoding: gzip\r\n", 1, 10 << 20},
		{"small", "id=eq.14", "", 200, 60_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var slow []*http.Response
			for from := range 6 {
				slow = append(slow, served(t, 10+from, tt.times, tt.query, tt.header))
			}
			time.Sleep(500 * time.Millisecond) // until the sockets are full; others are served before in any case
			for range 5 {
				served(t, 2, 1, "select=id&limit=1", "")
			}
			// Whoever reads after all gets all.
			if n, err := io.Copy(io.Discard, slow[0].Body); err != nil || int(n) < tt.bytes {
				t.Errorf("%d of %d bytes: %v", n, tt.bytes, err)
			}
		})
	}
}
