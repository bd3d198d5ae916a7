package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
)

// certificate returns a certificate of a host, which it adds to a pool.
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

// TestTLS: the server's certificate must have the host of the URL, or the ServerName of the
// options.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, tt := range map[string]struct {
		certificate, serverName string
		ok                      bool
	}{
		"host":          {"127.0.0.1", "", true},
		"another host":  {"localhost", "", false},
		"options":       {"cache.test", "cache.test", true},
		"other options": {"127.0.0.1", "cache.test", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := x509.NewCertPool()
			port := behindTLS(t, server.Addr(), certificate(t, pool, tt.certificate))
			c := newCache(t, newClient(t, redis.ClientOptions{
				URL: "rediss://127.0.0.1:" + port, TLS: &tls.Config{RootCAs: pool, ServerName: tt.serverName}, Timeout: patient,
			}), redis.Options[string, string]{})
			if err := c.Set(t.Context(), "key", "value", cache.SetOptions{}); (err == nil) != tt.ok {
				t.Errorf("Set: %v", err)
			}
		})
	}
}
