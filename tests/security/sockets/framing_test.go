package sockets_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestA48Smuggling: net/http rejects requests whose body length is ambiguous, and the bytes
// behind them are no request.
func TestA48Smuggling(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Parallel()
		config := apptest.WithAccounts(t, url)
		app := apptest.New(t, config)
		var reached atomic.Int64
		app.Router().HandleFunc("/hidden", func(http.ResponseWriter, *http.Request) { reached.Add(1) })
		apptest.Run(t, app, config.Addr)
		for name, raw := range map[string]string{
			"two lengths":    "POST /rest/v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 33\r\n\r\n",
			"another coding": "POST /rest/v1/tasks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		} {
			conn, err := net.Dial("tcp", config.Addr) // refused or not at once
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, raw+"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n")
			answer, _ := io.ReadAll(bufio.NewReader(conn))
			_ = conn.Close()
			if status, _, _ := strings.Cut(strings.TrimPrefix(string(answer), "HTTP/1.1 "), " "); status != "400" && status != "501" || strings.Count(string(answer), "HTTP/1.1 ") != 1 {
				t.Errorf("%s: %.200q", name, answer)
			}
		}
		if n := reached.Load(); n > 0 {
			t.Errorf("%d hidden requests were served", n)
		}
	})
}

// TestUpgradeThroughAll: a handler of the application's own that goes on in another
// protocol has its connection to itself, through everything that is around it.
func TestUpgradeThroughAll(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	app := apptest.New(t, config)
	app.Router().Get("/echo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close() // the client has its answer
		line, _ := rw.ReadString('!')
		_, _ = io.WriteString(conn, line)
	})
	apptest.Run(t, app, config.Addr)
	conn, err := net.Dial("tcp", config.Addr) // answered or not at once
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // read to its end
	_, _ = io.WriteString(conn, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(conn)
	if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	const message = "\n a\rb\r\r\n\r\n\n!"
	_, _ = io.WriteString(conn, message)
	if got, err := io.ReadAll(in); err != nil || string(got) != message {
		t.Errorf("%q, %v", got, err)
	}
}
