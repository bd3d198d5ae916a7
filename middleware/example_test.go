package middleware_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"

	"github.com/seed-7694ebf6/plinth/middleware"
)

func ExampleRequestID() {
	around := middleware.Must(middleware.RequestID(middleware.RequestIDOptions{}))
	h := around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(middleware.RequestIDFrom(r.Context()) == w.Header().Get("X-Request-Id"))
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(len(w.Header().Get("X-Request-Id")))
	// Output:
	// true
	// 16
}

func ExampleRecover() {
	around := middleware.Recover(middleware.RecoverOptions{Logger: slog.New(slog.DiscardHandler), Refuse: func(w http.ResponseWriter, _ *http.Request, _ error) {
		http.Error(w, "sorry", http.StatusInternalServerError)
	}})
	h := around(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 500 sorry
}

func ExampleAccessLog() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "duration_ms" {
			return slog.Attr{} // differ each time
		}
		return a
	}}))
	around := middleware.AccessLog(middleware.AccessLogOptions{Logger: logger})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "a note") })
	around(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/notes/7?token=secret", nil))
	// Output: level=INFO msg=request method=GET path=/notes/7 status=200 bytes=6 client=192.0.2.1 route="GET /notes/{id}"
}

func ExampleClientAddress() {
	around := middleware.Must(middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}))
	h := around(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(middleware.ClientAddressOf(r))
	}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:443"
	r.Header.Set("X-Forwarded-For", "1.1.1.1, 198.51.100.7, 10.0.0.2") // the first is what the client claims
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: 198.51.100.7
}

func ExampleCheckProxies() {
	fmt.Println(middleware.CheckProxies([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}))
	fmt.Println(middleware.CheckProxies([]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}))
	// Output:
	// <nil>
	// middleware: 0.0.0.0/0 as trusted proxies is too wide: every host in it could choose the IP address of a client (at most /8)
}

func ExampleAddressGroup() {
	fmt.Println(middleware.AddressGroup(netip.MustParseAddr("198.51.100.7")))
	fmt.Println(middleware.AddressGroup(netip.MustParseAddr("2001:db8::1:2:3:4")))
	// Output:
	// 198.51.100.7/32
	// 2001:db8::/64
}
