package middleware

import (
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestArriving has one processor kept busy by a goroutine that is always ready: what has
// arrived at a socket is read before it goes on, where it would be read some 10 ms later.
func TestArriving(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b := make([]byte, 1); ; read <- struct{}{} {
			if _, err := server.Read(b); err != nil {
				return
			}
		}
	}()
	defer func() {
		_ = server.Close()
		<-done
	}()
	a := newArriving()
	rounds, met := 100, 0
	for range rounds {
		for len(read) > 0 {
			<-read
		}
		a.vain = time.Time{} // as it is once the machine was busy with something else
		for began := time.Now(); time.Since(began) < time.Millisecond; {
			runtime.Gosched() // as requests in work do, one after the other
		}
		if _, err := client.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		a.wait()
		if len(read) > 0 {
			met++
		}
	}
	t.Logf("%d of %d", met, rounds)
	if met < rounds/2 {
		t.Errorf("%d of %d were read when those who had arrived had had their turn", met, rounds)
	}
}

// TestArrivingInVain has something else keep the processor busy: nobody waits for the
// network then.
func TestArrivingInVain(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	a := newArriving()
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() {
		}
	}()
	defer func() {
		stop.Store(true)
		<-done
	}()
	for deadline := time.Now().Add(20 * time.Second); ; a.wait() {
		a.mu.Lock()
		vain := a.vain.After(time.Now())
		a.mu.Unlock()
		if vain {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the network is waited for all the time")
		}
	}
}
