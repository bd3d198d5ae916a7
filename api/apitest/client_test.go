package apitest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
)

// echo answers with what it was asked.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("X-Seen", r.Header.Get("X-One"))
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, "%s %s ? %s as %s: %s %q", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, auth.FromContext(r.Context()), r.Header.Get("Content-Type"), body)
})

func TestClient(t *testing.T) {
	t.Parallel()
	c := apitest.New(t, echo)
	ann := c.As(authtest.User("ann"))
	tests := []struct {
		name string
		got  *apitest.Response
		want string
	}{
		{"Get", c.Get("/a?b=c"), `GET /a ? b=c as anonymous:  ""`},
		{"As", ann.Get("/a"), `GET /a ?  as user ann:  ""`},
		{"TargetStaysAsItIs", c.Get("/a%2Fb?x=a b'&y=%zz"), `GET /a%2Fb ? x=a b'&y=%zz as anonymous:  ""`},
		{"Text", c.Post("/a", `{"x": 1}`), `POST /a ?  as anonymous: application/json "{\"x\": 1}"`},
		{"Value", ann.Patch("/a", map[string]int{"x": 1}), `PATCH /a ?  as user ann: application/json "{\"x\":1}"`},
		{"ContentType", c.With("Content-Type", "text/plain").Post("/a", "x"), `POST /a ?  as anonymous: text/plain "x"`},
		{"Delete", c.Delete("/a"), `DELETE /a ?  as anonymous:  ""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.got.Want(http.StatusAccepted).WantBody(tt.want)
		})
	}
	one := c.With("X-One", "1")
	if got := one.Get("/").Header.Get("X-Seen"); got != "1" {
		t.Errorf("header: %q, want 1", got)
	}
	if got := c.Get("/").Header.Get("X-Seen"); got != "" {
		t.Errorf("With has changed the client it was called on: %q", got)
	}
}

func TestResponse(t *testing.T) {
	t.Parallel()
	failing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":"PL404","message":"no"}`)
	})
	res := apitest.New(t, failing).Get("/")
	if got := res.Code(); got != "PL404" {
		t.Errorf("code %q", got)
	}
	var body struct{ Message string }
	if res.JSON(&body); body.Message != "no" {
		t.Errorf("message %q", body.Message)
	}
	if got := apitest.New(t, echo).Get("/").Code(); got != "" {
		t.Errorf("code of what is no problem: %q", got)
	}
}
