package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// classes are the prefixes of the surfaces of a test, by class.
var classes = map[string]plinth.Class{"/short": plinth.Short, "/upload": plinth.Upload, "/stream": plinth.Stream}

// mountClasses mounts a surface of each class. Their path /wait waits for a second or until
// the request's context ends, and their path /body answers with the size of the body.
func mountClasses(app *plinth.App) {
	mux := http.NewServeMux()
	for prefix, class := range classes {
		mux.HandleFunc(prefix+"/wait", func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(time.Second):
				_, _ = io.WriteString(w, "lasted")
			}
		})
		mux.HandleFunc(prefix+"/body", func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			_, _ = fmt.Fprint(w, n)
		})
		app.Mount(plinth.Surface{
			Prefix: prefix, Handler: mux, Class: func(string) plinth.Class { return class }, MaxBody: 1 << 10, MaxUpload: 4 << 10,
		})
	}
}

// classServer runs an application with a surface of each class, whose requests may take
// 300 ms. Send sends a request with headers, given as name, value, ...
func classServer(t *testing.T, change func(*plinth.Config)) (send func(method, path string, body io.Reader, header ...string) (int, string), end func() error) {
	t.Helper()
	config := apptest.Served(t)
	config.RequestTimeout = 300 * time.Millisecond
	if change != nil {
		change(&config)
	}
	app := apptest.New(t, config)
	mountClasses(app)
	end = apptest.Run(t, app, config.Addr)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return func(method, path string, body io.Reader, header ...string) (int, string) {
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, "http://"+config.Addr+path, body)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(r)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close() // read to its end
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(text)
	}, end
}

// TestSurfaceDeadlines: a short request ends after RequestTimeout, uploads and streams do
// not. No header makes a short request one of another class.
func TestSurfaceDeadlines(t *testing.T) {
	t.Parallel()
	send, _ := classServer(t, nil)
	for _, prefix := range []string{"/upload", "/stream"} {
		if status, body := send(http.MethodGet, prefix+"/wait", nil); status != http.StatusOK || body != "lasted" {
			t.Errorf("%s: %d %s", prefix, status, body)
		}
	}
	for _, header := range [][]string{
		nil,
		{"Accept", "text/event-stream"},
		{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"Content-Type", "multipart/form-data; boundary=x"},
		{"Tus-Resumable", "1.0.0", "Upload-Length", "1000000"},
		{"X-Original-URL", "/stream/wait"},
		{"X-Rewrite-URL", "/stream/wait"},
		{"X-Forwarded-Prefix", "/stream"},
		{"X-Http-Method-Override", "CONNECT"},
	} {
		if status, body := send(http.MethodGet, "/short/wait", nil, header...); status != http.StatusGatewayTimeout || !strings.Contains(body, "PL504") {
			t.Errorf("%q: %d %s", header, status, body)
		}
	}
	for _, path := range []string{"/stream/../short/wait", "/stream/%2e%2e/short/wait", "/stream//../short/wait", "//stream/wait", "/Stream/wait"} {
		if _, body := send(http.MethodGet, path, nil); body == "lasted" {
			t.Errorf("%s lasted", path)
		}
	}
}

// TestSurfaceBodies: each class has its limit of bodies, with and without a declared length.
func TestSurfaceBodies(t *testing.T) {
	t.Parallel()
	send, _ := classServer(t, nil)
	for _, tt := range []struct {
		path   string
		size   int
		status int
	}{
		{"/short/body", 1 << 10, http.StatusOK},
		{"/short/body", 2 << 10, http.StatusRequestEntityTooLarge},
		{"/stream/body", 1 << 10, http.StatusOK},
		{"/stream/body", 2 << 10, http.StatusRequestEntityTooLarge},
		{"/upload/body", 4 << 10, http.StatusOK},
		{"/upload/body", 5 << 10, http.StatusRequestEntityTooLarge},
	} {
		body := strings.Repeat("x", tt.size)
		if status, text := send(http.MethodPost, tt.path, strings.NewReader(body)); status != tt.status {
			t.Errorf("%s with %d bytes: %d %s", tt.path, tt.size, status, text)
		}
		// The handler gets an error for a body whose length was not declared.
		want := tt.status
		if want != http.StatusOK {
			want = http.StatusBadRequest
		}
		if status, text := send(http.MethodPost, tt.path, io.MultiReader(strings.NewReader(body)), "X-Class", "upload"); status != want {
			t.Errorf("%s with %d bytes in chunks: %d %s", tt.path, tt.size, status, text)
		}
	}
}

// TestUploadProgress: an upload lasts as long as its body brings bytes, and ends if the
// client pauses for longer than RequestTimeout or is slower than 8 KiB in a second.
func TestUploadProgress(t *testing.T) {
	t.Parallel()
	send, _ := classServer(t, func(c *plinth.Config) { c.RequestTimeout = 500 * time.Millisecond })
	// pieces are sent with a pause before each but the first.
	upload := func(pieces []int, pause time.Duration) (int, string) {
		r, w := io.Pipe()
		var sender sync.WaitGroup
		defer sender.Wait()
		sender.Go(func() {
			for i, n := range pieces {
				if i > 0 {
					time.Sleep(pause)
				}
				if _, err := io.WriteString(w, strings.Repeat("x", n)); err != nil {
					return
				}
			}
			_ = w.Close()
		})
		defer r.Close()
		return send(http.MethodPost, "/upload/body", r)
	}
	for _, tt := range []struct {
		name   string
		pieces []int
		pause  time.Duration
		whole  bool
	}{
		{"steady, for longer than a request may take", []int{1000, 1000, 1000, 1000}, 200 * time.Millisecond, true},
		{"fast", []int{2000, 2000}, 50 * time.Millisecond, true},
		{"a pause that is too long", []int{2000, 2000}, 1500 * time.Millisecond, false},
		{"byte by byte", []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 100 * time.Millisecond, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, text := upload(tt.pieces, tt.pause)
			if whole := status == http.StatusOK; whole != tt.whole {
				t.Errorf("%d %s", status, text)
			}
		})
	}
}

// TestSurfaceAdmission: short requests share the slots of MaxRequests. Uploads and streams
// need none, and a caller has at most MaxConnectionsPerClient of both.
func TestSurfaceAdmission(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	config.MaxRequests, config.MaxRequestsPerCaller, config.MaxConnectionsPerClient = 1, 1, 2
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	entered, release := make(chan struct{}), make(chan struct{})
	for prefix, class := range classes {
		app.Mount(plinth.Surface{
			Prefix: prefix, Class: func(string) plinth.Class { return class },
			Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				entered <- struct{}{}
				<-release
			}),
		})
	}
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	statuses := make(chan int, 8)
	// begin begins a request and returns 0 once its handler runs, or the status of its rejection.
	begin := func(path string) int {
		go func() {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
			statuses <- w.Code
		}()
		select {
		case <-entered:
			return 0
		case status := <-statuses:
			return status
		}
	}
	for i, tt := range []struct {
		path string
		want int
	}{
		{"/short", 0},
		{"/short", http.StatusServiceUnavailable},
		{"/upload", 0},
		{"/stream", 0},
		{"/upload", http.StatusTooManyRequests},
		{"/stream", http.StatusTooManyRequests},
	} {
		if got := begin(tt.path); got != tt.want {
			t.Errorf("%d, %s: %d, want %d", i, tt.path, got, tt.want)
		}
	}
	close(release)
	for range 3 {
		<-statuses
	}
}

// TestDrainFinishesUploads: a drain ends the contexts of streams and lets uploads finish.
func TestDrainFinishesUploads(t *testing.T) {
	t.Parallel()
	send, end := classServer(t, func(c *plinth.Config) { c.DrainTimeout = 20 * time.Second })
	body, w := io.Pipe()
	type response struct {
		status int
		text   string
	}
	upload, stream := make(chan response, 1), make(chan response, 1)
	go func() {
		status, text := send(http.MethodPost, "/upload/body", body)
		upload <- response{status, text}
	}()
	if _, err := io.WriteString(w, strings.Repeat("x", 3000)); err != nil {
		t.Fatal(err)
	}
	go func() {
		status, text := send(http.MethodGet, "/stream/wait", nil)
		stream <- response{status, text}
	}()
	time.Sleep(100 * time.Millisecond) // both have begun
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	select {
	case got := <-stream:
		if got.text == "lasted" {
			t.Error("the stream was not ended")
		}
	case <-time.After(programtest.Within(5 * time.Second)):
		t.Error("the stream goes on")
	}
	if _, err := io.WriteString(w, "rest"); err != nil {
		t.Error(err)
	}
	_ = w.Close()
	if got := <-upload; got != (response{http.StatusOK, "3004"}) {
		t.Errorf("the upload: %+v", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestSurfaceMistakes: Handler reports every surface that cannot be mounted.
func TestSurfaceMistakes(t *testing.T) {
	t.Parallel()
	h := http.NotFoundHandler()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	wrong := map[string]plinth.Surface{
		`"events"`: {Prefix: "events", Handler: h}, `""`: {Handler: h}, `"/"`: {Prefix: "/", Handler: h}, `"/a/"`: {Prefix: "/a/", Handler: h},
		`"/a/{id}"`: {Prefix: "/a/{id}", Handler: h}, `"/a//b"`: {Prefix: "/a//b", Handler: h},
		"/none has no Handler": {Prefix: "/none"}, "of /body must": {Prefix: "/body", Handler: h, MaxBody: -2},
		"/rest/v1 and /rest/v1/own overlap": {Prefix: "/rest/v1/own", Handler: h}, "/auth/v1 and /auth overlap": {Prefix: "/auth", Handler: h},
	}
	for _, s := range wrong {
		app.Mount(s)
	}
	app.Mount(plinth.Surface{Prefix: "/events", Handler: h})
	app.Router().Get("/events/own", h.ServeHTTP)
	_, err := app.Handler(t.Context())
	if err == nil {
		t.Fatal("nothing is reported")
	}
	for want := range wrong {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error has no %s:\n%v", want, err)
		}
	}
	if !strings.Contains(err.Error(), "own route /events/own") {
		t.Error(err)
	}
}

// TestClassPath: the class of a request is asked for the escaped path, however much of it the
// client has escaped.
func TestClassPath(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Served(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	var asked sync.Map
	app.Mount(plinth.Surface{
		Prefix: "/files", Handler: http.NotFoundHandler(),
		Class: func(path string) plinth.Class {
			asked.Store(path, true)
			return plinth.Short
		},
	})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/files", "/files/a%20b", "/files/a%3Fb", "/files/%63", "/files/a%2Fb", "/files/%C3%A9"} {
		asked.Clear()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		asked.Range(func(got, _ any) bool {
			if got != path {
				t.Errorf("%s: asked for %s", path, got)
			}
			return true
		})
		if _, ok := asked.Load(path); !ok {
			t.Errorf("%s: not asked", path)
		}
	}
}
