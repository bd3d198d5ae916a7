package compress

import (
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// encoder compresses what is written to it.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(w io.Writer)
}

// window is the window size of an encoder, which dominates its memory and the client's (RFC
// 9659 allows 8 MiB). Responses are seldom larger.
const window = 256 << 10

// shared holds the encoder pools of a handler.
type shared struct {
	minSize  int
	encoders [zstded + 1]sync.Pool
}

func newShared(minSize int) *shared {
	s := &shared{minSize: minSize}
	s.encoders[gzipped].New = func() any {
		e, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one
		return e
	}
	s.encoders[zstded].New = func() any {
		// One at a time has no goroutines. No option is refused.
		e, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window))
		return e
	}
	return s
}

// encoder returns one that writes to an answer.
func (s *shared) encoder(c coding, to io.Writer) encoder {
	e := s.encoders[c].Get().(encoder)
	e.Reset(to)
	return e
}

// freeEncoder returns a closed encoder to its pool.
func (s *shared) freeEncoder(c coding, e encoder) {
	e.Reset(io.Discard) // not the connection that it has written to
	s.encoders[c].Put(e)
}
