package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
)

// live mounts a surface at /live whose requests are streams.
func live(app *plinth.App) chi.Router {
	router := chi.NewRouter()
	app.Mount(plinth.Surface{Prefix: "/live", Handler: router, Class: func(string) plinth.Class { return plinth.Stream }})
	return router
}

// events sends one event every 20 ms until there are fifty, which takes a second, or its
// context ends.
func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w).Flush
	for i := range 50 {
		if _, err := fmt.Fprintf(w, "data: %d\n\n", i); err != nil || flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
	_, _ = io.WriteString(w, "data: end\n\n")
}

// socket takes its connection over and sends back line by line, until it is told to end
// or its context ends.
func socket(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	stop := context.AfterFunc(r.Context(), func() { _ = conn.SetReadDeadline(time.Now()) })
	defer stop()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n")
	for {
		line, err := buffered.ReadString('\n')
		if err != nil {
			_, _ = io.WriteString(conn, "bye\n")
			return
		}
		_, _ = io.WriteString(conn, line)
	}
}

// dial takes a connection over at a path.
func dial(t *testing.T, addr, path string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr) // loopback
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: notes.example\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%s: %v, %v", path, res, err)
	}
	return conn, in
}

// TestLongLived: streams, connections that are taken over and uploads on routes that last
// outlive the time of requests and the deadlines of the server, on HTTP/1.1 and HTTP/2,
// and those on other routes do not.
func TestLongLived(t *testing.T) {
	t.Parallel()
	const limit = 200 * time.Millisecond
	config := apptest.Served(t)
	config.RequestTimeout = limit
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	upload := func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprintf(w, "%d %v", n, err)
	}
	streams := live(app)
	for path, h := range map[string]http.HandlerFunc{"events": events, "socket": socket, "upload": upload} {
		streams.HandleFunc("/"+path, h)
		app.Router().HandleFunc("/"+path, h)
	}
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprint("HTTP", version), func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(handler)
			s.Config.ReadTimeout, s.Config.WriteTimeout = limit, limit
			if s.EnableHTTP2 = version == 2; s.EnableHTTP2 {
				s.StartTLS()
			} else {
				s.Start()
			}
			client := s.Client()
			t.Cleanup(func() {
				client.CloseIdleConnections()
				s.Close()
			})
			send := func(method, path string, body io.Reader) (string, error) {
				r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
				if err != nil {
					t.Fatal(err)
				}
				res, err := client.Do(r)
				if err != nil {
					return "", err
				}
				defer res.Body.Close()
				if res.ProtoMajor != version {
					t.Errorf("HTTP/%d", res.ProtoMajor)
				}
				text, err := io.ReadAll(res.Body)
				return string(text), err
			}
			began := time.Now()
			if text, err := send(http.MethodGet, "/live/events", nil); err != nil || strings.Count(text, "data: ") != 51 || !strings.HasSuffix(text, "data: end\n\n") {
				t.Errorf("a stream: %d events, %v", strings.Count(text, "data: "), err)
			}
			if took := time.Since(began); took < 4*limit {
				t.Errorf("it took %s, which proves nothing", took)
			}
			if text, _ := send(http.MethodGet, "/events", nil); strings.Contains(text, "end") {
				t.Error("another stream has no end")
			}
			if text, err := send(http.MethodPost, "/live/upload", drops(4*limit)); text != "8 <nil>" {
				t.Errorf("an upload: %s, %v", text, err)
			}
			if text, err := send(http.MethodPost, "/upload", drops(4*limit)); text == "8 <nil>" {
				t.Errorf("another upload: %s, %v", text, err)
			}
			if version == 2 {
				return // connections of HTTP/2 are not taken over
			}
			conn, in := dial(t, s.Listener.Addr().String(), "/live/socket")
			time.Sleep(3 * limit)
			if _, err := io.WriteString(conn, "hello\n"); err != nil {
				t.Error(err)
			}
			if line, err := in.ReadString('\n'); line != "hello\n" {
				t.Errorf("%q, %v", line, err)
			}
			_, in = dial(t, s.Listener.Addr().String(), "/socket")
			began = time.Now()
			if line, err := in.ReadString('\n'); line != "bye\n" || time.Since(began) > programtest.Within(2*time.Second) {
				t.Errorf("another connection: %q, %v after %s", line, err, time.Since(began))
			}
			_ = conn.Close()
		})
	}
}

// drops is a body of eight bytes that come evenly in a time.
func drops(all time.Duration) io.Reader {
	r, w := io.Pipe()
	go func() {
		for range 8 {
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(all / 8)
		}
		_ = w.Close()
	}()
	return r
}

// TestLongLivedEnds: once its handler has returned a request has deadlines again, so that
// nobody keeps a connection by a body that nobody reads.
func TestLongLivedEnds(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	app := apptest.New(t, config)
	live(app).Post("/refuse", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	apptest.Run(t, app, config.Addr)
	conn, err := net.Dial("tcp", config.Addr) // loopback
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	began := time.Now()
	_ = conn.SetDeadline(began.Add(20 * time.Second))
	if _, err := io.WriteString(conn, "POST /live/refuse HTTP/1.1\r\nHost: notes.example\r\nContent-Length: 1000\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 403 ") {
		t.Errorf("after %s: %v, %.20q", time.Since(began), err, text)
	}
}

// TestLongLivedLimits: requests that last take no place, are bounded in all and of each
// caller, and leave room when they end.
func TestLongLivedLimits(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	config.MaxRequests, config.MaxRequestsPerCaller = 1, 1
	config.MaxConnections, config.MaxConnectionsPerClient = 5, 3
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	begun := make(chan struct{})
	live(app).Get("/events", func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
	})
	app.Router().Get("/hello", func(http.ResponseWriter, *http.Request) {})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var streams sync.WaitGroup
	var ends []context.CancelFunc
	// open begins a stream from an address and returns 0, or the status of its refusal.
	open := func(from string) int {
		ctx, end := context.WithCancel(t.Context())
		ends = append(ends, end)
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "https://notes.example/live/events", http.NoBody)
		r.RemoteAddr = "10.0.0.1:4711"
		r.Header.Set("X-Forwarded-For", from)
		refused := make(chan int, 1)
		streams.Go(func() {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			refused <- w.Code
		})
		select {
		case <-begun:
			return 0
		case status := <-refused:
			return status
		}
	}
	for i, tt := range []struct {
		from string
		want int
	}{
		{"203.0.113.1", 0},
		{"203.0.113.1", 0},
		{"203.0.113.1", 0},
		{"203.0.113.1", http.StatusTooManyRequests},
		{"203.0.113.2", 0},
		{"203.0.113.2", 0},
		{"203.0.113.2", http.StatusServiceUnavailable},
		{"203.0.113.3", http.StatusServiceUnavailable},
	} {
		if got := open(tt.from); got != tt.want {
			t.Errorf("stream %d, from %s: %d, want %d", i, tt.from, got, tt.want)
		}
		if w := apptest.Ask(t, handler, http.MethodGet, "/hello", tt.from); w.Code != http.StatusOK {
			t.Errorf("a request beside %d streams: %d", i+1, w.Code)
		}
	}
	for _, end := range ends {
		end()
	}
	streams.Wait()
	if got := open("203.0.113.1"); got != 0 {
		t.Errorf("afterwards: %d", got)
	}
	ends[len(ends)-1]()
	streams.Wait()
}

// TestLongLivedIsNoSurface: a stream surface changes nothing for the other surfaces, nor for a
// path below it that middleware of the application rewrites to one of theirs.
func TestLongLivedIsNoSurface(t *testing.T) {
	t.Parallel()
	for _, cleaned := range []bool{false, true} {
		t.Run(fmt.Sprintf("cleaned %t", cleaned), func(t *testing.T) {
			t.Parallel()
			checkNoSurfaceLasts(t, cleaned)
		})
	}
}

func checkNoSurfaceLasts(t *testing.T, cleaned bool) {
	t.Helper()
	config := apptest.Served(t)
	config.RequestTimeout = 50 * time.Millisecond
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Func("wait", api.Anyone(), func(ctx context.Context, _ struct{}) (string, error) {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(10 * time.Second):
			return "it lasted", nil
		}
	}))
	if cleaned {
		app.Router().Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r = r.Clone(r.Context())
				r.URL.Path = path.Clean(r.URL.Path)
				next.ServeHTTP(w, r)
			})
		})
	}
	live(app).Post("/wait", func(w http.ResponseWriter, r *http.Request) {
		_, ends := r.Context().Deadline()
		_, _ = fmt.Fprint(w, ends)
	})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"/rest/v1/rpc/wait": "PL504", "/rest/v1//rpc/wait": "", "//rest/v1/rpc/wait": "", "/live/../rest/v1/rpc/wait": "", "/live/wait": "false",
	}
	if cleaned {
		for _, path := range []string{"/rest/v1//rpc/wait", "//rest/v1/rpc/wait", "/live/../rest/v1/rpc/wait"} {
			want[path] = "PL504"
		}
	}
	for path, want := range want {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://notes.example/", strings.NewReader("{}"))
		r.URL.Path = path
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Apikey", config.Keys.Publishable[0])
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "it lasted") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestDrainEndsLongLived: when the server drains, streams and connections that were taken
// over are told to end by their contexts, and the server waits for them and not longer.
func TestDrainEndsLongLived(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	config.DrainDelay, config.DrainTimeout = 200*time.Millisecond, 20*time.Second
	app := apptest.New(t, config)
	var causes sync.Map
	noting := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			h(w, r)
			causes.Store(r.URL.Path, context.Cause(r.Context()))
		}
	}
	streams := live(app)
	streams.Get("/events", noting(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: hello\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		_, _ = io.WriteString(w, "data: bye\n\n")
	}))
	streams.Get("/socket", noting(socket))
	end := apptest.Run(t, app, config.Addr)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + config.Addr + "/live/events") // loopback
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, in := dial(t, config.Addr, "/live/socket")
	began := time.Now()
	if err := end(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if took := time.Since(began); took > programtest.Within(5*time.Second) {
		t.Errorf("it took %s", took)
	}
	if text, err := io.ReadAll(res.Body); err != nil || string(text) != "data: hello\n\ndata: bye\n\n" {
		t.Errorf("the stream: %q, %v", text, err)
	}
	if text, err := io.ReadAll(in); err != nil || string(text) != "bye\n" {
		t.Errorf("the connection: %q, %v", text, err)
	}
	for _, path := range []string{"/live/events", "/live/socket"} {
		if cause, _ := causes.Load(path); cause == nil || errors.Is(cause.(error), context.Canceled) {
			t.Errorf("%s ended by %v", path, cause)
		}
	}
}

// TestDrainCutsLongLived: who does not listen is cut when the time is over.
func TestDrainCutsLongLived(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	config.DrainTimeout = 300 * time.Millisecond
	app := apptest.New(t, config)
	ended := make(chan error, 1)
	live(app).Get("/deaf", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n")
		_, err = conn.Read(make([]byte, 1))
		ended <- err
	})
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()
	for status := 0; status != http.StatusOK; status, _ = apptest.Get(t, "http://"+config.Addr+"/readyz") {
		time.Sleep(5 * time.Millisecond)
	}
	dial(t, config.Addr, "/live/deaf")
	stop()
	for _, c := range []chan error{ran, ended} {
		select {
		case err := <-c:
			if err == nil {
				t.Error("nobody was told")
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it goes on")
		}
	}
}

// TestLongLivedMetrics: how long streams last is not how long requests take.
func TestLongLivedMetrics(t *testing.T) {
	t.Parallel()
	metrics := must(prometheus.New(prometheus.Options{}))
	config := apptest.Served(t)
	config.Middleware = append(config.Middleware, metrics.Middleware)
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	live(app).Get("/events", func(http.ResponseWriter, *http.Request) {})
	app.Router().Get("/note", func(http.ResponseWriter, *http.Request) {})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/live/events", "/note"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	}
	w := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	for _, want := range []string{
		`plinth_http_requests_total{code="200",method="GET",route="/live/events"} 1`,
		`plinth_http_requests_total{code="200",method="GET",route="/note"} 1`,
		`plinth_http_request_duration_seconds_count{method="GET",route="/live/events"} 0`,
		`plinth_http_request_duration_seconds_count{method="GET",route="/note"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("the metrics have no %s", want)
		}
	}
}
