package server

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestServerLog: what net/http says of strangers is for who looks closely, that nobody can
// be let in and that something panics is for everybody.
func TestServerLog(t *testing.T) {
	t.Parallel()
	for said, level := range map[string]slog.Level{
		"http: TLS handshake error from 192.0.2.1:1: EOF":                                           slog.LevelDebug,
		"http: Accept error: accept tcp: too many open files; retrying in 5ms":                      slog.LevelError,
		"http: panic serving 192.0.2.1:1: oh\ngoroutine 1 [running]:\n":                             slog.LevelError,
		"http2: panic serving 192.0.2.1:1: oh\ngoroutine 1 [running]:\n":                            slog.LevelError,
		"http: superfluous response.WriteHeader call from main.main (main.go:1)":                    slog.LevelDebug,
		"http: URL query contains semicolon, which is no longer a supported separator; parts of it": slog.LevelDebug,
	} {
		var log bytes.Buffer
		l := serverLog{slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		if n, err := l.Write([]byte(said)); n != len(said) || err != nil {
			t.Error(n, err)
		}
		if want := "level=" + level.String() + " "; !strings.Contains(log.String(), want) || strings.Count(log.String(), "\n") != 1 {
			t.Errorf("%q: %s", said, log.String())
		}
	}
}

// refusing is a listener that cannot accept for a while, as without descriptors.
type refusing struct{ net.Listener }

// errFiles is temporary, as that of net.
type errFiles struct{}

func (errFiles) Error() string   { return "too many open files" }
func (errFiles) Timeout() bool   { return false }
func (errFiles) Temporary() bool { return true }

func (refusing) Accept() (net.Conn, error) { return nil, errFiles{} }

// TestServerLogOfNetHTTP holds the words to those that net/http has.
func TestServerLogOfNetHTTP(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	said := make(chan struct{}, 100)
	config := Config{Logger: slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
		select {
		case said <- struct{}{}:
		default:
		}
		return log.Write(p)
	}), nil))}
	server := config.newServer(http.NotFoundHandler())
	ended := make(chan error, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { ended <- server.Serve(refusing{l}) }()
	<-said
	_ = server.Close()
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "too many open files") {
		t.Error(log.String())
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
