package deploy_test

import (
	"net/http"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestFullDiskOfLogs: an instance that has no room for the lines of its log serves as always.
func TestFullDiskOfLogs(t *testing.T) {
	t.Parallel()
	const full = "/dev/full" // says so to everybody who writes
	log, err := os.OpenFile(full, os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("this system has no %s", full)
	}
	if _, err := log.WriteString("x"); err == nil {
		t.Fatalf("%s has room", full)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	env := append(production(pgtest.URL(t)), "PLINTH_DRAIN_DELAY=0s")
	if out, err := runApp(t, env, "migrate", "up"); err != nil {
		t.Fatalf("migrate up: %v\n%s", err, out)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	process, addrs := programtest.Serve(t, 1, func(addrs []string) *programtest.Process {
		return programtest.Start(t, append(slices.Clone(env), "PLINTH_ADDR="+addrs[0]), shell, "-c", `exec "$0" 2>`+full, app(t))
	})
	addr := addrs[0]
	bearer := "Bearer " + token(store.NewID())
	for range 20 {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			if err := whileBusy(func() error { return sendNoteTo(t.Context(), "http://"+addr, bearer, method) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	fetch(t, "http://"+addr+"/readyz", http.StatusOK)
	if err := process.Stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
