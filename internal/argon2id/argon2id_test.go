package argon2id_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/argon2"

	"github.com/seed-7694ebf6/plinth/internal/argon2id"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestKey has what the reference implementation of the algorithm computes.
func TestKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		password, salt string
		passes, kib    uint32
		lanes          uint8
		key            string
	}{
		{"password", "somesalt", 2, 65536, 1, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
		{"password", "somesalt", 2, 256, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{"password", "somesalt", 2, 256, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
		{"password", "somesalt", 1, 65536, 1, "f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98"},
		{"password", "somesalt", 4, 65536, 1, "9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c"},
		{"differentpassword", "somesalt", 2, 65536, 1, "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"},
		{"password", "diffsalt", 2, 65536, 1, "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"},
	}
	for _, test := range tests {
		m := argon2id.NewMemory(256)
		key := m.Key([]byte(test.password), []byte(test.salt), test.passes, test.kib, test.lanes, 32)
		if got := hex.EncodeToString(key); got != test.key {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

// TestAsOthersCompute compares with golang.org/x/crypto/argon2, in memory that has been
// used by another hash.
func TestAsOthersCompute(t *testing.T) {
	t.Parallel()
	m := argon2id.NewMemory(2000)
	for _, lanes := range []uint8{1, 2, 3, 4, 16} {
		for _, kib := range []uint32{0, 1, 8, 31, 64, 100, 1000, 2000, 2001} {
			for _, passes := range []uint32{1, 2, 5} {
				for _, size := range []uint32{1, 16, 32, 63, 64, 65, 96, 97, 200, 1025} {
					compare(t, m, []byte("pass"), []byte("saltsalt"), passes, kib, lanes, size)
				}
			}
		}
	}
}

func compare(t *testing.T, m *argon2id.Memory, password, salt []byte, passes, kib uint32, lanes uint8, size uint32) {
	t.Helper()
	got, want := m.Key(password, salt, passes, kib, lanes, size), argon2.IDKey(password, salt, passes, kib, lanes, size)
	if !bytes.Equal(got, want) {
		t.Errorf("%d passes, %d KiB, %d lanes, %d bytes of %q, %q: %x, want %x", passes, kib, lanes, size, password, salt, got, want)
	}
}

func FuzzKey(f *testing.F) {
	f.Add([]byte("password"), []byte("somesalt"), uint8(2), uint16(256), uint8(1), uint8(32))
	f.Add([]byte(""), []byte(""), uint8(1), uint16(0), uint8(3), uint8(0))
	m := argon2id.NewMemory(512)
	f.Fuzz(func(t *testing.T, password, salt []byte, passes uint8, kib uint16, lanes, size uint8) {
		compare(t, m, password, salt, uint32(passes%4)+1, uint32(kib%1024), lanes%8+1, uint32(size)+1)
	})
}

func TestKeyPanics(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		passes uint32
		lanes  uint8
		bytes  uint32
	}{{0, 1, 32}, {1, 0, 32}, {1, 1, 0}} {
		func() {
			defer func() {
				if err := recover(); err == nil || !strings.HasPrefix(fmt.Sprint(err), "argon2id: a hash has at least") {
					t.Errorf("%+v: %v", test, err)
				}
			}()
			argon2id.NewMemory(64).Key(nil, nil, test.passes, 64, test.lanes, test.bytes)
		}()
	}
}

// TestAtTheSameTime: hashes that are computed at the same time have memory of their own.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	m := argon2id.NewMemory(512)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				compare(t, m, []byte(fmt.Sprint(i, j)), []byte("saltsalt"), 1, 512, 1, 32)
			}
		})
	}
	wg.Wait()
}

// TestGarbage: the memory of a hash is used again, until there have been none for ten
// seconds. That of a larger one is not kept.
func TestGarbage(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	const kib = 1 << 12
	synctest.Test(t, func(t *testing.T) {
		m := argon2id.NewMemory(kib)
		takes := func(kib uint32, anew bool, when string) {
			t.Helper()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m.Key([]byte("password"), []byte("somesalt"), 1, kib, 1, 32)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc-before.TotalAlloc >= uint64(kib)<<10; got != anew {
				t.Errorf("%s: memory is made: %t", when, got)
			}
		}
		takes(kib, true, "the first")
		takes(kib, false, "the second")
		takes(kib/2, false, "a smaller one")
		takes(kib+4, true, "a larger one")
		takes(kib+4, true, "another larger one")
		var kept runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&kept)
		if kept.HeapAlloc >= 2*kib<<10 {
			t.Errorf("%d bytes are kept after larger ones", kept.HeapAlloc)
		}
		time.Sleep(9 * time.Second)
		takes(kib, false, "soon after")
		time.Sleep(9 * time.Second)
		takes(kib, false, "soon after that")
		time.Sleep(10*time.Second + 1)
		takes(kib, true, "much later")
	})
}

func BenchmarkKey(b *testing.B) {
	m := argon2id.NewMemory(19 << 10)
	b.ReportAllocs()
	for b.Loop() {
		m.Key([]byte("correct horse"), []byte("sixteen bytes ok"), 2, 19<<10, 1, 32)
	}
}

// BenchmarkOthersKey is what BenchmarkKey is compared with.
func BenchmarkOthersKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		argon2.IDKey([]byte("correct horse"), []byte("sixteen bytes ok"), 2, 19<<10, 1, 32)
	}
}
