package development_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// listening says of its connections that they came in at another address.
type listening struct {
	net.Listener
	at net.Addr
}

func (l listening) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return arrived{conn, l.at}, err
}

type arrived struct {
	net.Conn
	at net.Addr
}

func (c arrived) LocalAddr() net.Addr { return c.at }

// TestDevelopmentAnswersItsOwnMachineOnly: an application in development that is mounted
// in a server of one's own refuses what did not come in at a loopback address, whatever
// the client writes.
func TestDevelopmentAnswersItsOwnMachineOnly(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, plinth.Config{DatabaseURL: apptest.Config(t).DatabaseURL, Logger: apptest.Config(t).Logger})
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Router().Get("/up", func(http.ResponseWriter, *http.Request) {})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tcp := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 8080} }
	for name, tt := range map[string]struct {
		listen string
		at     net.Addr // nil: as it is
		status int
	}{
		"loopback":                           {listen: "127.0.0.1:0", status: http.StatusOK},
		"another loopback":                   {listen: "127.0.0.1:0", at: tcp("127.4.5.6"), status: http.StatusOK},
		"IPv6":                               {listen: "127.0.0.1:0", at: tcp("::1"), status: http.StatusOK},
		"IPv4 in IPv6":                       {listen: "127.0.0.1:0", at: tcp("::ffff:127.0.0.1"), status: http.StatusOK},
		"a socket in a file":                 {listen: "127.0.0.1:0", at: &net.UnixAddr{Name: "/run/app.sock", Net: "unix"}, status: http.StatusOK},
		"all addresses, reached at loopback": {listen: ":0", status: http.StatusOK},
		"public":                             {listen: "127.0.0.1:0", at: tcp("203.0.113.7"), status: http.StatusMisdirectedRequest},
		"private":                            {listen: "127.0.0.1:0", at: tcp("10.0.0.7"), status: http.StatusMisdirectedRequest},
		"public IPv6":                        {listen: "127.0.0.1:0", at: tcp("2001:db8::7"), status: http.StatusMisdirectedRequest},
		"link-local with a zone":             {listen: "127.0.0.1:0", at: &net.TCPAddr{IP: net.ParseIP("fe80::7"), Zone: "eth0"}, status: http.StatusMisdirectedRequest},
		"this machine by its own address":    {listen: "own", status: http.StatusMisdirectedRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := tt.listen
			if address == "own" {
				address = net.JoinHostPort(ownAddress(t), "0")
			}
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
			if err != nil {
				t.Skip("no such address: ", err)
			}
			target := listener.Addr().String()
			if _, port, err := net.SplitHostPort(target); err == nil && tt.listen == ":0" {
				target = "127.0.0.1:" + port
			}
			if tt.at != nil {
				listener = listening{listener, tt.at}
			}
			server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
			ended := make(chan error, 1)
			go func() { ended <- server.Serve(listener) }()
			t.Cleanup(func() {
				_ = server.Close()
				<-ended
			})
			status, body := getAs(t, "http://"+target+"/up", "localhost")
			if status != tt.status {
				t.Errorf("status %d, want %d: %s", status, tt.status, body)
			}
			if status == http.StatusMisdirectedRequest && (!strings.Contains(body, "PL421") || !strings.Contains(body, "PLINTH_PUBLIC_URL")) {
				t.Errorf("the refusal does not say what to do: %s", body)
			}
		})
	}
}

// TestDevelopmentRefusesProxies: a proxy on the same machine connects at a loopback
// address, and is known by any of what proxies add.
func TestDevelopmentRefusesProxies(t *testing.T) {
	t.Parallel()
	h := apptest.Handler(t, apptest.Config(t))
	if w := apptest.Do(t, h, http.MethodGet, "/who", ""); w.Code != http.StatusOK {
		t.Fatalf("without a proxy: %d %s", w.Code, w.Body)
	}
	for _, name := range []string{
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via", "True-Client-IP", "CF-Connecting-IP",
	} {
		for _, value := range []string{"127.0.0.1", ""} {
			w := apptest.Do(t, h, http.MethodGet, "/who", "", name, value)
			if w.Code != http.StatusMisdirectedRequest || !strings.Contains(w.Body.String(), http.CanonicalHeaderKey(name)) {
				t.Errorf("%s: %q: %d %s", name, value, w.Code, w.Body)
			}
		}
	}
}

// ownAddress returns an address of this machine that is not loopback, or skips the test.
func ownAddress(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Skip(err)
	}
	for _, addr := range addrs {
		if ip, ok := addr.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	t.Skip("this machine has loopback addresses only")
	return ""
}

// getAs returns status and body of a GET that is for a host.
func getAs(t *testing.T, url, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}
