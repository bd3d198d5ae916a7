package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// bare has a code and nothing else; its Error must never reach a client.
type bare struct{ code string }

func (b bare) Error() string   { return "driver text with s3cret" }
func (b bare) Problem() string { return b.code }

// answer writes err for a GET with the given Accept, "" meaning no header.
func answer(t *testing.T, err error, accept string, opts problem.Options) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/notes?token=t0ken", nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	if opts.Logger == nil {
		opts.Logger = discard()
	}
	w := httptest.NewRecorder()
	problem.Write(w, r, err, opts)
	return w
}

func TestNegotiation(t *testing.T) {
	t.Parallel()

	const (
		doc  = "application/problem+json; charset=utf-8"
		four = "application/json; charset=utf-8"
	)
	tests := []struct{ accept, want string }{
		{"", doc},
		{"*/*", doc},
		{"application/*", doc},
		{"application/problem+json", doc},
		{"Application/Problem+JSON;q=0.1", doc},
		{"application/json, text/plain, */*", doc},
		{"text/html,application/xhtml+xml,*/*;q=0.8", doc},
		{" , */*", doc},
		{"application/json", four},
		{"application/vnd.pgrst.object+json", four},
		{"application/vnd.pgrst.array+json;nulls=stripped", four},
		{"text/csv", four},
		{"*/*;q=0", four},
		{"application/problem+json;q=0.000, */*", four},
		{"*/*, application/problem+json; q=0", four},
		{`application/vnd.pgrst.plan+json; for="a, */*"`, four},
		{`application/json; x="\", */*"`, four},
	}
	for _, tt := range tests {
		w := answer(t, bare{problem.BadBody}, tt.accept, problem.Options{})
		if got := w.Header().Get("Content-Type"); got != tt.want {
			t.Errorf("Accept %q: Content-Type %q, want %q", tt.accept, got, tt.want)
		}
	}
}

func TestTwoAcceptLines(t *testing.T) {
	t.Parallel()

	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header["Accept"] = []string{"application/json", "application/problem+json"}
	w := httptest.NewRecorder()
	problem.Write(w, r, bare{problem.BadBody}, problem.Options{})
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
		t.Errorf("Content-Type = %q", got)
	}
}

func TestJudgement(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"nil", nil, 500, "XX000"},
		{"unknown", errors.New("s3cret"), 500, "XX000"},
		{"wrapped", fmt.Errorf("s3cret: %w", bare{problem.Unique}), 409, "23505"},
		{"joined", errors.Join(errors.New("s3cret"), bare{problem.NotNull}), 400, "23502"},
		{"unlisted code", bare{"NOPE"}, 500, "XX000"},
		{"unlisted text", &problem.Error{Code: "NOPE", Message: "s3cret"}, 500, "XX000"},
		{"internal text", &problem.Error{Code: problem.Internal, Message: "s3cret"}, 500, "XX000"},
		{"SQLSTATE by class", bare{"22012"}, 400, "22012"},
		{"body limit", fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 7}), 413, "PL413"},
		{"deadline", fmt.Errorf("s3cret: %w", context.DeadlineExceeded), 400, "57014"},
		{"cancelled elsewhere", context.Canceled, 503, "PL503"},
		{"cause stays inside", &problem.Error{Code: problem.NotFound, Cause: errors.New("s3cret")}, 404, "PL404"},
	}
	for _, tt := range tests {
		w := answer(t, tt.err, "application/json", problem.Options{Authenticated: true})
		var body struct{ Code, Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if w.Code != tt.status || body.Code != tt.code || body.Message == "" {
			t.Errorf("%s: got %d %+v, want %d %s", tt.name, w.Code, body, tt.status, tt.code)
		}
		if strings.Contains(w.Body.String()+fmt.Sprint(w.Header()), "s3cret") {
			t.Errorf("%s: the client reads %s", tt.name, w.Body)
		}
	}
}

// TestRequestTimeout: the end of a request is told from that of a statement, by the
// cause that its deadline has.
func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	past := time.Unix(0, 0)
	coded := &problem.Error{Code: problem.RequestTimeout}
	for name, tt := range map[string]struct {
		cause error // of a deadline of the request that has passed
		err   error
		code  string
	}{
		"waiting":               {coded, fmt.Errorf("query: %w", context.DeadlineExceeded), "PL504"},
		"statement ended":       {coded, bare{problem.StatementTimeout}, "PL504"},
		"something else":        {coded, bare{problem.Unique}, "23505"},
		"deadline without code": {errors.New("late"), context.DeadlineExceeded, "PL503"},
	} {
		ctx, cancel := context.WithDeadlineCause(t.Context(), past, tt.cause)
		defer cancel()
		w := httptest.NewRecorder()
		problem.Write(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), tt.err, problem.Options{Logger: discard()})
		if !strings.Contains(w.Body.String(), `"code":"`+tt.code+`"`) {
			t.Errorf("%s: %s, want %s", name, w.Body, tt.code)
		}
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, coded)
	defer cancel()
	w := httptest.NewRecorder()
	problem.Write(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), context.DeadlineExceeded, problem.Options{Logger: discard()})
	if w.Code != http.StatusBadRequest {
		t.Errorf("a statement that ends in time of its request: %d", w.Code)
	}
}

func TestDeadlineOfTheRequest(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	w := httptest.NewRecorder()
	problem.Write(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), fmt.Errorf("query: %w", context.DeadlineExceeded),
		problem.Options{Logger: slog.New(slog.DiscardHandler)})
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "PL503") {
		t.Errorf("status %d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
}

func TestClientGone(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	problem.Write(w, r, fmt.Errorf("query: %w", context.Canceled),
		problem.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if w.Code != 499 || log.Len() != 0 {
		t.Errorf("status %d, log %q", w.Code, log.String())
	}
}

func TestExpectedErrorIsNotLogged(t *testing.T) {
	t.Parallel()

	for _, expected := range []bool{true, false} {
		var log bytes.Buffer
		err := &problem.Error{Code: problem.Unavailable, Expected: expected}
		w := answer(t, fmt.Errorf("wrapped: %w", err), "", problem.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if w.Code != 503 || (log.Len() == 0) != expected {
			t.Errorf("expected %t: status %d, log %q", expected, w.Code, log.String())
		}
	}
}

func TestUnknownErrorIsLoggedWithRequestID(t *testing.T) {
	t.Parallel()

	var log bytes.Buffer
	r := httptest.NewRequest(http.MethodPost, "/notes?token=t0ken", nil)
	r, record := reqinfo.Begin(r)
	record.SetID("req-7")
	w := httptest.NewRecorder()
	problem.Write(w, r, errors.New("disk full"),
		problem.Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))})

	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"level": "ERROR", "request_id": "req-7", "method": "POST", "path": "/notes",
		"status": 500.0, "code": "XX000", "error": "disk full",
	} {
		if line[key] != want {
			t.Errorf("log %s = %v, want %v", key, line[key], want)
		}
	}
	if strings.Contains(log.String(), "t0ken") {
		t.Error("the query string is in the log")
	}
	if !strings.Contains(w.Body.String(), `"request_id":"req-7"`) {
		t.Errorf("body has no request id: %s", w.Body)
	}
}

// TestLogIsOneShortLine: what a client sends does not make lines of its own, whatever
// writes the log, and fills none.
func TestLogIsOneShortLine(t *testing.T) {
	t.Parallel()

	var log bytes.Buffer
	r := httptest.NewRequest(http.MethodGet, "/notes/a%0Alevel=ERROR%1B[2J"+strings.Repeat("x", 8<<10), http.NoBody)
	r.Method = strings.Repeat("M", 8<<10)
	problem.Write(httptest.NewRecorder(), r, errors.New("disk full"), problem.Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))})

	var line struct{ Method, Path string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(line.Path, "/notes/a%0Alevel=ERROR%1B[2Jxxx") || len(line.Path) > 300 || len(line.Method) > 300 {
		t.Errorf("%d bytes of the method, path %q", len(line.Method), line.Path)
	}
}

func TestHeadersByStatus(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		err    error
		known  bool
		header string
		want   string
	}{
		{"bad token", bare{problem.BadToken}, false, "WWW-Authenticate", `Bearer error="invalid_token"`},
		{"bad claims", bare{problem.BadClaims}, false, "WWW-Authenticate", `Bearer error="invalid_token"`},
		{"anonymous denied", bare{problem.Denied}, false, "WWW-Authenticate", "Bearer"},
		{"known denied", bare{problem.Denied}, true, "WWW-Authenticate", ""},
		{"503", bare{problem.Unavailable}, false, "Retry-After", "1"},
		{"503 rounded up", &problem.Error{Code: problem.NotReady, RetryAfter: 1500 * time.Millisecond}, false, "Retry-After", "2"},
		{"504", bare{problem.PoolTimeout}, false, "Retry-After", ""},
		{"405", &problem.Error{Code: problem.RPCMethod, Allow: []string{"GET", "POST"}}, false, "Allow", "GET, POST"},
		{"400 with Allow", &problem.Error{Code: problem.BadBody, Allow: []string{"GET"}}, false, "Allow", ""},
		{"code for HEAD", bare{problem.NotSingular}, false, "Proxy-Status", "PostgREST; error=PGRST116"},
	}
	for _, tt := range tests {
		w := answer(t, tt.err, "", problem.Options{Authenticated: tt.known})
		if got := w.Header().Get(tt.header); got != tt.want {
			t.Errorf("%s: %s = %q, want %q", tt.name, tt.header, got, tt.want)
		}
	}
}

func TestSuccessHeadersAreRemoved(t *testing.T) {
	t.Parallel()

	w := httptest.NewRecorder()
	for _, name := range []string{"ETag", "Last-Modified", "Content-Encoding", "Location"} {
		w.Header().Set(name, "x")
	}
	w.Header().Set("Content-Length", "3")
	w.Header().Set("Content-Range", "*/12")
	problem.Write(w, httptest.NewRequest(http.MethodGet, "/", nil), bare{problem.BadRange}, problem.Options{})
	for _, name := range []string{"ETag", "Last-Modified", "Content-Encoding", "Location"} {
		if got := w.Header().Get(name); got != "" {
			t.Errorf("%s = %q", name, got)
		}
	}
	if got := w.Header().Get("Content-Range"); got != "*/12" {
		t.Errorf("Content-Range = %q", got)
	}
	if got, want := w.Header().Get("Content-Length"), fmt.Sprint(w.Body.Len()); got != want {
		t.Errorf("Content-Length = %s, body has %s", got, want)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()

	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, bare{problem.UnknownTable}, problem.Options{})
	}))
	defer srv.Close()
	resp, err := http.Head(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) != 0 || resp.StatusCode != 404 || resp.ContentLength <= 0 {
		t.Errorf("status %d, length %d, body %q, err %v", resp.StatusCode, resp.ContentLength, body, err)
	}

	r := httptest.NewRequest(http.MethodHead, "/", nil)
	w := httptest.NewRecorder()
	problem.Write(w, r, bare{problem.UnknownTable}, problem.Options{})
	if w.Body.Len() != 0 {
		t.Errorf("written for HEAD: %q", w.Body)
	}
}

func TestClientTextIsSafeJSON(t *testing.T) {
	t.Parallel()

	err := problem.Errorf(problem.BadQuery, "bad %s", "\"<\x00\xff\n")
	err.DetailsJSON = json.RawMessage("{broken")
	w := answer(t, err, "application/json", problem.Options{})
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	if want := "bad \"<\x00\uFFFD\n"; body["message"] != want || body["details"] != nil {
		t.Errorf("body = %q, want message %q", body, want)
	}
	if len(body) != 4 {
		t.Errorf("%d members, want 4", len(body))
	}
}

func FuzzAccept(f *testing.F) {
	for _, s := range []string{"*/*", `a/b;x="\`, "application/problem+json;q=", ",;,", "q=0;*/*;q=0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		w := answer(t, bare{problem.BadBody}, accept, problem.Options{})
		if w.Code != 400 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// TestRefusedCredential: why a credential was refused is told to a log that looks closely,
// and to no client.
func TestRefusedCredential(t *testing.T) {
	t.Parallel()
	for _, code := range []string{problem.BadToken, problem.BadClaims} {
		for level, logged := range map[slog.Level]bool{slog.LevelDebug: true, slog.LevelInfo: false} {
			var log bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
			err := fmt.Errorf("typ is not that of an access token: %w", bare{code})
			for name, w := range map[string]*httptest.ResponseRecorder{
				"rest": answer(t, err, "", problem.Options{Logger: logger}),
				"auth": answer(t, err, "", problem.Options{Logger: logger, Surface: problem.Auth{}}),
			} {
				if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "access token") {
					t.Errorf("%s %s: %d %s", name, code, w.Code, w.Body)
				}
			}
			if got := strings.Count(log.String(), "typ is not that of an access token"); got != map[bool]int{true: 2}[logged] {
				t.Errorf("%s at %v: log %q", code, level, &log)
			}
			if strings.Contains(log.String(), "t0ken") {
				t.Errorf("%s: the log has the query string: %q", code, &log)
			}
		}
	}
}

// fielded tells what is wrong with fields.
type fielded struct {
	bare
	fields string
}

func (f fielded) ProblemErrors() json.RawMessage { return json.RawMessage(f.fields) }

// TestFields: what is wrong with fields is a member of the document, and of nothing else:
// the body of four members stays what clients hand on.
func TestFields(t *testing.T) {
	t.Parallel()
	const fields = `[{"column":"title","rule":"max","message":"must be shorter"}]`
	for given, want := range map[string]string{fields: fields, "": "", `[{"column"`: ""} {
		err := fmt.Errorf("wrapped: %w", fielded{bare{problem.Validation}, given})
		var document struct {
			Code   string
			Errors json.RawMessage
		}
		if err := json.Unmarshal(answer(t, err, "", problem.Options{}).Body.Bytes(), &document); err != nil {
			t.Fatal(err)
		}
		if string(document.Errors) != want || document.Code != problem.Validation {
			t.Errorf("%q: the document has %s", given, document.Errors)
		}
		four := answer(t, err, "application/json", problem.Options{})
		if strings.Contains(four.Body.String(), "errors") {
			t.Errorf("%q: four members are %s", given, four.Body)
		}
	}
}
