package cors_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{
		"https://example.org", "https://app.example.org", "https://example.org:8443", "https://xn--bcher-kva.example", "https://192.0.2.7",
		"https://[2001:db8::1]:8443", "http://localhost", "http://localhost:5173", "http://app.localhost:3000", "http://127.0.0.1:8090", "http://[::1]:3000",
		"capacitor://localhost", "ionic://localhost", "tauri://localhost", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", "https://a_b.example",
	} {
		if err := (cors.Options{Origins: []string{origin}}).Validate(); err != nil {
			t.Errorf("%q: %v", origin, err)
		}
	}
	for _, origin := range []string{
		"", "*", "null", "example.org", "//example.org", "https:example.org", "https://", "https://example.org/", "https://example.org/path",
		"https://example.org?", "https://example.org#a", "https://user@example.org", "https://*.example.org", "https://example.*", "*://example.org",
		"https://Example.org", "HTTPS://example.org", "https://example.org:443", "https://example.org:", "https://example.org:0", "https://example.org:08443",
		"https://example.org:65536", "https://example.org:-1", "https://example.org:x", "https://example.org.", "https://.example.org", "https://a..b",
		"https://bücher.example", "https://exa mple.org", " https://example.org", "https://example.org ", "https://example.org,https://b.example",
		"https://[2001:DB8::1]", "https://[2001:db8:0:0:0:0:0:1]", "https://[::1", "https://::1", "https://[fe80::1%25eth0]", "https://[::ffff:192.0.2.7]",
		"https://1.2.3", "https://1.2.3.256", "https://01.2.3.4", "http://example.org", "http://192.0.2.7", "http://localhost.example", "http://localhost:80",
		"file://host", "https://" + strings.Repeat("a", 64), "https://" + strings.Repeat("a.", 127) + "aa",
	} {
		if err := (cors.Options{Origins: []string{origin}}).Validate(); err == nil {
			t.Errorf("%q is accepted", origin)
		}
	}
	if err := (cors.Options{Origins: []string{"http://intranet.example"}, InsecureHTTP: true}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		opts cors.Options
		want string // part of the error, "" for none
	}{
		{"Zero", cors.Options{}, ""},
		{"Public", cors.Options{AnyOrigin: true, RequestHeaders: []string{"X-Own"}, ExposedHeaders: []string{"X-Own"}, MaxAge: time.Hour}, ""},
		{"PublicWithCredentials", cors.Options{AnyOrigin: true, Credentials: true}, "the data of its users"},
		{"PublicAndOrigins", cors.Options{AnyOrigin: true, Origins: []string{trusted}}, "nothing for Origins"},
		{"CredentialsAlone", cors.Options{Credentials: true}, "need Origins"},
		{"LongAge", cors.Options{Origins: []string{trusted}, MaxAge: 2*time.Hour + 1}, "longer than 2h"},
		{"AnyHeader", cors.Options{RequestHeaders: []string{"*"}}, `"*"`},
		{"NoHeader", cors.Options{RequestHeaders: []string{""}}, `""`},
		{"HeaderWithSpace", cors.Options{RequestHeaders: []string{"X Own"}}, "X Own"},
		{"Cookie", cors.Options{RequestHeaders: []string{"Cookie"}}, "Cookie"},
		{"Sec", cors.Options{RequestHeaders: []string{"Sec-Fetch-Site"}}, "Sec-Fetch-Site"},
		{"Exposed", cors.Options{ExposedHeaders: []string{"Set-Cookie"}}, "cannot be exposed"},
		{"ExposedAny", cors.Options{ExposedHeaders: []string{"*"}}, "cannot be exposed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.opts.Validate()
			if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if _, err := cors.New(tt.opts); (err != nil) != (tt.want != "") {
				t.Errorf("New: %v", err)
			}
		})
	}
}

// FuzzPreflight: whatever a request says, an answer lets in the trusted origin or none
// and repeats no header that was not allowed.
func FuzzPreflight(f *testing.F) {
	handler := middleware.Must(cors.New(cors.Options{Origins: []string{trusted}, Credentials: true}))(http.NotFoundHandler())
	f.Add("OPTIONS", trusted, "GET", "apikey,prefer")
	f.Add("GET", "null", "", ",,")
	f.Fuzz(func(t *testing.T, method, origin, asks, headers string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method = method
		r.Header["Origin"] = []string{origin}
		r.Header["Access-Control-Request-Method"] = []string{asks}
		r.Header["Access-Control-Request-Headers"] = []string{headers}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		allowed := w.Header().Values("Access-Control-Allow-Origin")
		if len(allowed) > 0 && (len(allowed) > 1 || allowed[0] != trusted || origin != trusted) {
			t.Errorf("%q lets in %q", origin, allowed)
		}
		if strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "*") {
			t.Errorf("%q is allowed", headers)
		}
		if !strings.Contains(strings.Join(w.Header()["Vary"], ", "), "Origin") {
			t.Errorf("Vary %q", w.Header()["Vary"])
		}
	})
}

// FuzzOrigins: an origin that is accepted is one that a URL has.
func FuzzOrigins(f *testing.F) {
	for _, seed := range []string{trusted, "http://localhost:1", "https://[::1]:2", "https://a.b:443", "null", "https://0x7f.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, origin string) {
		if (cors.Options{Origins: []string{origin}}).Validate() != nil {
			return
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme+"://"+u.Host != origin || u.Hostname() == "" || strings.ToLower(origin) != origin {
			t.Errorf("%q: %v, %v", origin, u, err)
		}
	})
}
