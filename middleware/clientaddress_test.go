package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/middleware"
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// addressOf sends a request through ClientAddress and returns what a handler sees.
func addressOf(t *testing.T, opts middleware.ClientAddressOptions, peer, header string, values []string) netip.Addr {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = peer
	if header != "" {
		r.Header[http.CanonicalHeaderKey(header)] = values
	}
	var got netip.Addr
	serve(func(_ http.ResponseWriter, r *http.Request) {
		got = middleware.ClientAddressOf(r)
		if other := middleware.ClientAddressFrom(r.Context()); other != got {
			t.Errorf("ClientAddressFrom = %v, ClientAddressOf = %v", other, got)
		}
	}, r, middleware.Must(middleware.ClientAddress(opts)))
	return got
}

const (
	proxyPeer    = "10.0.0.1:443"
	strangerPeer = "203.0.113.66:50000"
)

// TestClientAddress is the table of forwarding headers, of proxies and forged ones. "" is
// an unknown address.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	behind := middleware.ClientAddressOptions{Proxies: prefixes("10.0.0.0/8", "fd00::/8")}
	tests := []struct {
		name string
		peer string
		xff  []string
		want string
	}{
		{"one hop", proxyPeer, []string{"198.51.100.7"}, "198.51.100.7"},
		{"two hops", proxyPeer, []string{"198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		{"three hops, two lines", proxyPeer, []string{"198.51.100.7, 10.0.0.3", "10.0.0.2"}, "198.51.100.7"},
		{"first is the stranger's", proxyPeer, []string{"1.2.3.4, 198.51.100.7"}, "198.51.100.7"},
		{"first line is the stranger's", proxyPeer, []string{"1.2.3.4", "198.51.100.7"}, "198.51.100.7"},
		{"stranger claims a proxy", proxyPeer, []string{"10.0.0.9, 198.51.100.7"}, "198.51.100.7"},
		{"stranger claims loopback", proxyPeer, []string{"127.0.0.1, 198.51.100.7"}, "198.51.100.7"},
		{"garbage before the client", proxyPeer, []string{"'; drop, \x00, 198.51.100.7"}, "198.51.100.7"},
		{"list of 10,000", proxyPeer, []string{strings.Repeat("1.2.3.4,", 10_000) + "198.51.100.7"}, "198.51.100.7"},
		{"not from a proxy", strangerPeer, []string{"198.51.100.7"}, "203.0.113.66"},
		{"not from a proxy, without", strangerPeer, nil, "203.0.113.66"},
		{"all are proxies", proxyPeer, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"absent", proxyPeer, nil, ""},
		{"empty", proxyPeer, []string{""}, ""},
		{"empty last", proxyPeer, []string{"1.2.3.4,"}, ""},
		{"empty last line", proxyPeer, []string{"1.2.3.4", " "}, ""},
		{"garbage last", proxyPeer, []string{"1.2.3.4, garbage"}, ""},
		{"garbage behind a proxy", proxyPeer, []string{"1.2.3.4, garbage, 10.0.0.2"}, ""},
		{"name", proxyPeer, []string{"unknown"}, ""},
		{"host", proxyPeer, []string{"client.example.org"}, ""},
		{"unspecified", proxyPeer, []string{"0.0.0.0"}, ""},
		{"multicast", proxyPeer, []string{"224.0.0.1"}, ""},
		{"octal", proxyPeer, []string{"198.051.100.7"}, ""},
		{"short form", proxyPeer, []string{"127.1"}, ""},
		{"port", proxyPeer, []string{"198.51.100.7:4711"}, "198.51.100.7"},
		{"port without number", proxyPeer, []string{"198.51.100.7:"}, ""},
		{"port too large", proxyPeer, []string{"198.51.100.7:70000"}, ""},
		{"IPv6", proxyPeer, []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 in brackets", proxyPeer, []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv6 with port", proxyPeer, []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{"IPv6 with zone", proxyPeer, []string{"fe80::7%eth0"}, "fe80::7"},
		{"bracket open", proxyPeer, []string{"[2001:db8::7"}, ""},
		{"bracket closed", proxyPeer, []string{"2001:db8::7]"}, ""},
		{"IPv4 in brackets", proxyPeer, []string{"[198.51.100.7]"}, ""},
		{"mapped", proxyPeer, []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"mapped proxy in the list", proxyPeer, []string{"198.51.100.7, ::ffff:10.0.0.2"}, "198.51.100.7"},
		{"mapped peer", "[::ffff:10.0.0.1]:443", []string{"198.51.100.7"}, "198.51.100.7"},
		{"IPv6 peer", "[fd00::1]:443", []string{"198.51.100.7"}, "198.51.100.7"},
		{"IPv6 peer with zone", "[fd00::1%eth0]:443", []string{"198.51.100.7"}, "198.51.100.7"},
		{"tabs", proxyPeer, []string{"1.2.3.4 ,\t198.51.100.7\t"}, "198.51.100.7"},
		{"line feed", proxyPeer, []string{"198.51.100.7\n"}, ""},
		{"quoted", proxyPeer, []string{`"198.51.100.7"`}, ""},
		{"Unix socket", "@", []string{"198.51.100.7"}, ""},
		{"no peer", "", []string{"198.51.100.7"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := addressOf(t, behind, tt.peer, "X-Forwarded-For", tt.xff); got != parsed(tt.want) {
				t.Errorf("got %v, want %q", got, tt.want)
			}
		})
	}
}

// TestForwarded is the table for the header of RFC 7239.
func TestForwarded(t *testing.T) {
	t.Parallel()
	behind := middleware.ClientAddressOptions{Header: "forwarded", Proxies: prefixes("10.0.0.0/8")}
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"plain", []string{"for=198.51.100.7"}, "198.51.100.7"},
		{"case and others", []string{`By=10.0.0.2;FOR=198.51.100.7;host=example.org;proto=https`}, "198.51.100.7"},
		{"spaces", []string{"for=198.51.100.7 ; proto=https , for=10.0.0.2"}, "198.51.100.7"},
		{"quoted with port", []string{`for="198.51.100.7:4711"`}, "198.51.100.7"},
		{"quoted", []string{`for="198.51.100.7"`}, "198.51.100.7"},
		{"IPv6", []string{`for="[2001:db8::7]"`}, "2001:db8::7"},
		{"IPv6 with port", []string{`for="[2001:db8::7]:4711"`}, "2001:db8::7"},
		{"hidden port", []string{`for="198.51.100.7:_web"`}, "198.51.100.7"},
		{"two elements", []string{"for=1.2.3.4, for=198.51.100.7, for=10.0.0.2"}, "198.51.100.7"},
		{"two lines", []string{"for=1.2.3.4", "for=198.51.100.7"}, "198.51.100.7"},
		{"garbage in a line before", []string{`for="`, "for=198.51.100.7"}, "198.51.100.7"},
		{"comma in quotes", []string{`for=198.51.100.7;ext="a,for=1.2.3.4"`}, "198.51.100.7"},
		{"escaped quote", []string{`for=198.51.100.7;ext="a\",for=1.2.3.4"`}, "198.51.100.7"},
		{"all are proxies", []string{"for=10.0.0.3, for=10.0.0.2"}, "10.0.0.3"},

		{"quote left open", []string{`for=1.2.3.4;x=", for=198.51.100.7`}, ""},
		{"quote closed by the proxy's", []string{`for=1.2.3.4;x=", for="[2001:db8::5]"`}, ""},
		{"quote closed, escaped", []string{`for=1.2.3.4;x="\, for="[2001:db8::5]"`}, ""},
		{"unknown", []string{"for=unknown"}, ""},
		{"hidden", []string{"for=_gazonk"}, ""},
		{"without for", []string{"proto=https"}, ""},
		{"twice for", []string{"for=1.2.3.4;for=198.51.100.7"}, ""},
		{"IPv6 without quotes", []string{"for=[2001:db8::7]"}, ""},
		{"IPv6 without brackets", []string{`for="2001:db8::7"`}, ""},
		{"port without quotes", []string{"for=198.51.100.7:80"}, ""},
		{"port with letters", []string{`for="198.51.100.7:80a"`}, ""},
		{"space around equals", []string{"for = 198.51.100.7"}, ""},
		{"empty value", []string{"for="}, ""},
		{"empty element", []string{"for=198.51.100.7,"}, ""},
		{"empty", []string{""}, ""},
		{"no pair", []string{"198.51.100.7"}, ""},
		{"absent", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := addressOf(t, behind, proxyPeer, "Forwarded", tt.lines); got != parsed(tt.want) {
				t.Errorf("got %v, want %q", got, tt.want)
			}
		})
	}
}

// TestSingleAddressHeader: a header with one address must be one line with one address.
func TestSingleAddressHeader(t *testing.T) {
	t.Parallel()
	behind := middleware.ClientAddressOptions{Header: "X-Real-IP", Proxies: prefixes("10.0.0.0/8")}
	tests := []struct {
		name, peer string
		lines      []string
		want       string
	}{
		{"one", proxyPeer, []string{"198.51.100.7"}, "198.51.100.7"},
		{"IPv6", proxyPeer, []string{"2001:db8::7"}, "2001:db8::7"},
		{"a proxy's own", proxyPeer, []string{"10.9.9.9"}, "10.9.9.9"},
		{"two lines", proxyPeer, []string{"198.51.100.7", "198.51.100.7"}, ""},
		{"list", proxyPeer, []string{"1.2.3.4, 198.51.100.7"}, ""},
		{"absent", proxyPeer, nil, ""},
		{"stranger", strangerPeer, []string{"10.0.0.1"}, "203.0.113.66"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := addressOf(t, behind, tt.peer, "X-Real-Ip", tt.lines); got != parsed(tt.want) {
				t.Errorf("got %v, want %q", got, tt.want)
			}
		})
	}
}

// TestA6Headers: 200 requests of a peer that is no proxy, each with other addresses in all
// forwarding headers, count for that peer, and so behind a proxy that writes another
// header.
func TestA6Headers(t *testing.T) {
	t.Parallel()
	headers := []string{
		"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip", "X-Cluster-Client-Ip",
		"X-Originating-Ip", "X-Remote-Ip", "X-Remote-Addr", "Fastly-Client-Ip", "Client-Ip", "Via", "X-Forwarded", "Forwarded-For",
	}
	tests := []struct {
		name, peer, want string
		opts             middleware.ClientAddressOptions
	}{
		{"no proxies", strangerPeer, "203.0.113.66", middleware.ClientAddressOptions{}},
		{"proxies elsewhere", strangerPeer, "203.0.113.66", middleware.ClientAddressOptions{Proxies: prefixes("10.0.0.0/8")}},
		{"by Forwarded", strangerPeer, "203.0.113.66", middleware.ClientAddressOptions{Header: "Forwarded", Proxies: prefixes("10.0.0.0/8")}},
		{"by X-Real-IP", strangerPeer, "203.0.113.66", middleware.ClientAddressOptions{Header: "X-Real-IP", Proxies: prefixes("10.0.0.0/8")}},
		{"through a proxy", proxyPeer, "198.51.100.7", middleware.ClientAddressOptions{Header: "X-Plinth-Peer", Proxies: prefixes("10.0.0.0/8")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i := range 200 {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.RemoteAddr = tt.peer
				for _, name := range headers {
					value := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String()
					if name == "Forwarded" {
						value = "for=" + value
					}
					r.Header[name] = []string{value}
				}
				r.Header["X-Plinth-Peer"] = []string{"198.51.100.7"}
				var got netip.Addr
				serve(func(_ http.ResponseWriter, r *http.Request) { got = middleware.ClientAddressOf(r) }, r, middleware.Must(middleware.ClientAddress(tt.opts)))
				if got != parsed(tt.want) {
					t.Fatalf("request %d comes from %v, want %s", i, got, tt.want)
				}
			}
		})
	}
}

// TestClientAddressOfWithout: without the middleware the address is that of the peer, and
// headers do not count.
func TestClientAddressOfWithout(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "[::ffff:198.51.100.7]:80"
	r.Header.Set("X-Forwarded-For", "1.2.3.4")
	if got := middleware.ClientAddressOf(r); got != parsed("198.51.100.7") {
		t.Errorf("ClientAddressOf = %v", got)
	}
	if got := middleware.ClientAddressFrom(r.Context()); got.IsValid() {
		t.Errorf("ClientAddressFrom = %v", got)
	}
}

func TestCheckProxies(t *testing.T) {
	t.Parallel()
	right := [][]netip.Prefix{
		nil, prefixes("10.0.0.0/8", "127.0.0.1/32", "fc00::/7", "::1/128", "::ffff:10.0.0.0/104", "192.168.1.7/24"),
	}
	for _, networks := range right {
		if err := middleware.CheckProxies(networks); err != nil {
			t.Errorf("%v: %v", networks, err)
		}
		middleware.Must(middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: networks}))
	}
	wrong := []netip.Prefix{
		{}, netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 33),
	}
	wrong = append(wrong, prefixes("0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "::ffff:0:0/96", "::ffff:0.0.0.0/97", "::ffff:0:0/80", "2000::/3", "10.0.0.0/7")...)
	for _, network := range wrong {
		if err := middleware.CheckProxies([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), network}); err == nil {
			t.Errorf("%v is taken", network)
		}
		if _, err := middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: []netip.Prefix{network}}); err == nil {
			t.Errorf("ClientAddress takes %v", network)
		}
		if _, err := middleware.RequestID(middleware.RequestIDOptions{Proxies: []netip.Prefix{network}}); err == nil {
			t.Errorf("RequestID takes %v", network)
		}
	}
	all := middleware.CheckProxies(prefixes("0.0.0.0/0", "::/0"))
	if all == nil || !strings.Contains(all.Error(), "0.0.0.0/0") || !strings.Contains(all.Error(), "::/0") {
		t.Errorf("not all is reported: %v", all)
	}
	for _, name := range []string{"X Real", "X-Real:", "ä"} {
		if _, err := middleware.ClientAddress(middleware.ClientAddressOptions{Header: name}); err == nil {
			t.Errorf("the header %q is taken", name)
		}
	}
}

func TestAddressGroup(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"198.51.100.7": "198.51.100.7/32", "::ffff:198.51.100.7": "198.51.100.7/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
	} {
		if got := middleware.AddressGroup(netip.MustParseAddr(addr)); got != netip.MustParsePrefix(want) {
			t.Errorf("AddressGroup(%s) = %v, want %s", addr, got, want)
		}
	}
}

// FuzzForwarded: whatever stands before what the nearest proxy has written on a line of
// its own, the client is whom the proxy names; on one line it is that or unknown. What
// a stranger sends alone names them at most as somebody who is no proxy.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{
		"", "1.2.3.4", "for=1.2.3.4", `for="`, `for=1.2.3.4;x="`, `for=1.2.3.4;x="\`, "10.0.0.2", "for=10.0.0.2", "[::1]:1", ",,,", `for="[::1]:_a";b=c`,
	} {
		f.Add(seed)
	}
	own := map[string][]string{
		"X-Forwarded-For": {"198.51.100.7", "[2001:db8::7]:4711"},
		"Forwarded":       {"for=198.51.100.7", `for="[2001:db8::7]:4711"`, `for=198.51.100.7;by="10.0.0.1";host="example.org:80"`, `host="a";for="198.51.100.7"`},
	}
	f.Fuzz(func(t *testing.T, sent string) {
		for header, values := range own {
			opts := middleware.ClientAddressOptions{Header: header, Proxies: prefixes("10.0.0.0/8")}
			for _, value := range values {
				want := addressOf(t, opts, proxyPeer, header, []string{value})
				if !want.IsValid() {
					t.Fatalf("%s is not read", value)
				}
				if got := addressOf(t, opts, proxyPeer, header, []string{sent, value}); got != want {
					t.Errorf("%s: %q before %q: %v", header, sent, value, got)
				}
				if got := addressOf(t, middleware.ClientAddressOptions{Header: "X-Real-IP", Proxies: opts.Proxies}, proxyPeer, "X-Real-Ip", []string{sent, value}); got.IsValid() {
					t.Errorf("X-Real-IP: %q beside %q: %v", sent, value, got)
				}
				got := addressOf(t, opts, proxyPeer, header, []string{sent + ", " + value})
				if got != want && (header != "Forwarded" || got.IsValid()) {
					t.Errorf("%s: %q and %q on one line: %v", header, sent, value, got)
				}
			}
		}
	})
}

func parsed(text string) netip.Addr {
	if text == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(text)
}
