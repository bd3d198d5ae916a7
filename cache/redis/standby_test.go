package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/redistest"
	"github.com/seed-7694ebf6/plinth/internal/toxic"
)

// works waits until a cache keeps what is set.
func works(t *testing.T, c *redis.Cache[string, string]) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := c.Set(t.Context(), "key", "value", cache.SetOptions{})
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	want(t, c, "key", "value")
}

// TestStandby: servers that take connections and say nothing leave the next one time to
// be tried.
func TestStandby(t *testing.T) {
	t.Parallel()
	for name, silence := range map[string]func(*redistest.Server, *toxic.Proxy){
		"stopped": func(s *redistest.Server, _ *toxic.Proxy) { s.Stop() },
		"dropped": func(_ *redistest.Server, p *toxic.Proxy) { p.Hold(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := redistest.Start(t), redistest.Start(t)
			proxy := toxic.Start(t, one.Addr())
			silent := proxy.Addr().String()
			c := newCache(t, newClient(t, redis.ClientOptions{
				URL: "redis://" + silent + "?addr=" + silent + "&addr=" + two.Addr(), Timeout: patient,
			}), redis.Options[string, string]{})
			works(t, c)
			silence(one, proxy)
			works(t, c)
			if two.Do("DBSIZE") == ":0" {
				t.Error("the last server was not used")
			}
		})
	}
}

// certificate returns one of a name or an address, which it adds to a pool.
func certificate(t *testing.T, pool *x509.CertPool, host string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if ip := net.ParseIP(host); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool.AddCert(c)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// behindTLS starts a proxy that speaks TLS with clients. It returns its port.
func behindTLS(t *testing.T, server string, own tls.Certificate) string {
	t.Helper()
	p := toxic.StartRelay(t, server, func(plain, server net.Conn) {
		client := tls.Server(plain, &tls.Config{Certificates: []tls.Certificate{own}})
		answers := make(chan struct{})
		go func() {
			defer close(answers)
			_, _ = io.Copy(client, server)
			plain.Close()
		}()
		_, _ = io.Copy(server, client)
		server.Close()
		<-answers
	})
	_, port, _ := net.SplitHostPort(p.Addr().String())
	return port
}

// TestStandbyTLS: each server is asked for a certificate of its own name, unless the
// options name another for all of them, also after one that does not end its handshake.
func TestStandbyTLS(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, tt := range map[string]struct {
		one, two, serverName string
		ok                   bool
	}{
		"each its own":             {"127.0.0.1", "localhost", "", true},
		"both that of the first":   {"127.0.0.1", "127.0.0.1", "", false},
		"both that of the options": {"cache.test", "cache.test", "cache.test", true},
		"not that of the options":  {"127.0.0.1", "localhost", "cache.test", false},
		"the first one is silent":  {"", "localhost", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := x509.NewCertPool()
			var one string
			if tt.one == "" {
				silent := toxic.Start(t, server.Addr())
				silent.Hold(true)
				_, one, _ = net.SplitHostPort(silent.Addr().String())
			} else { // with nothing behind it: it verifies and then ends
				one = behindTLS(t, "127.0.0.1:1", certificate(t, pool, tt.one))
			}
			two := behindTLS(t, server.Addr(), certificate(t, pool, tt.two))
			c := newCache(t, newClient(t, redis.ClientOptions{
				URL: "rediss://127.0.0.1:" + one + "?addr=localhost:" + two, TLS: &tls.Config{RootCAs: pool, ServerName: tt.serverName},
				Prefix: strings.ReplaceAll(name, " ", "-"), Timeout: patient,
			}), redis.Options[string, string]{})
			if tt.ok {
				works(t, c)
			} else if err := c.Set(t.Context(), "key", "value", cache.SetOptions{}); err == nil {
				t.Error("a certificate of another name was taken")
			}
		})
	}
}

// TestTLSPanics: a function of the TLS options that panics, in a goroutine that no handler
// guards, is a server that cannot be reached.
func TestTLSPanics(t *testing.T) {
	t.Parallel()
	pool := x509.NewCertPool()
	port := behindTLS(t, redistest.Start(t).Addr(), certificate(t, pool, "127.0.0.1"))
	c := newCache(t, newClient(t, redis.ClientOptions{URL: "rediss://127.0.0.1:" + port, Timeout: patient, TLS: &tls.Config{
		RootCAs: pool, VerifyConnection: func(tls.ConnectionState) error { panic("oh") },
	}}), redis.Options[string, string]{})
	for range 2 {
		if err := c.Set(t.Context(), "key", "value", cache.SetOptions{}); !errors.Is(err, redis.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
	}
}
