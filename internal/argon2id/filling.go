package argon2id

import (
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/blake2b"

	"github.com/seed-7694ebf6/plinth/internal/threads"
)

const (
	variant = 2 // Argon2id
	slices  = 4 // of a pass
)

// letOthersCome is after how many blocks the processor is offered to others, which is
// after less than a millisecond.
const letOthersCome = 2048

// filling is the computation of one hash: the memory is a table with a row for each lane,
// and its columns are divided into slices.
type filling struct {
	blocks      []block
	passes      uint32
	lanes       uint32
	laneSize    uint32 // blocks of a lane
	segmentSize uint32 // of those, blocks of a slice
	made        uint32 // blocks so far
}

func newFilling(passes, kib, lanes uint32) *filling {
	segment := max(kib/(slices*lanes), 2)
	return &filling{passes: passes, lanes: lanes, laneSize: slices * segment, segmentSize: segment}
}

// seed is H0 of RFC 9106 section 3.2, with neither a secret nor associated data.
func seed(password, salt []byte, passes, kib, lanes, bytes uint32) []byte {
	var text []byte
	for _, n := range []uint32{lanes, bytes, kib, passes, Version, variant, uint32(len(password))} {
		text = binary.LittleEndian.AppendUint32(text, n)
	}
	text = append(text, password...)
	text = binary.LittleEndian.AppendUint32(text, uint32(len(salt)))
	text = append(text, salt...)
	text = append(text, 0, 0, 0, 0, 0, 0, 0, 0) // the lengths of those two
	sum := blake2b.Sum512(text)
	return sum[:]
}

// begin makes the first two blocks of each lane.
func (f *filling) begin(seed []byte) {
	for lane := range f.lanes {
		for i := range uint32(2) {
			text := binary.LittleEndian.AppendUint32(seed[:blake2b.Size:blake2b.Size], i)
			text = binary.LittleEndian.AppendUint32(text, lane)
			copy(f.blocks[lane*f.laneSize+i][:], hash(text, uint32(len(block{}))))
		}
	}
}

// fill makes all other blocks, in each pass anew.
func (f *filling) fill() {
	for pass := range f.passes {
		for slice := range uint32(slices) {
			for lane := range f.lanes {
				f.fillSegment(pass, slice, lane)
			}
		}
	}
}

// fillSegment makes the blocks of one lane in one slice, each of the one before it and of
// one further back. Which one that is depends on no secret in the first half of the first
// pass, and on the block before it from then on.
func (f *filling) fillSegment(pass, slice, lane uint32) {
	independent := pass == 0 && slice < slices/2
	var sequence numbers
	if independent {
		sequence.begin(pass, lane, slice, uint32(len(f.blocks)), f.passes, variant)
	}
	begin := uint32(0)
	if pass == 0 && slice == 0 {
		begin = 2
	}
	row := f.blocks[lane*f.laneSize:][:f.laneSize]
	for i := begin; i < f.segmentSize; i++ {
		at := slice*f.segmentSize + i
		before := &row[f.before(at)]
		var number uint64
		if independent {
			number = sequence.at(i)
		} else {
			number = first(before.pair(0))
		}
		row[at].mix(before, f.reference(pass, slice, lane, i, number), pass > 0)
		if f.made++; f.made%letOthersCome == 0 {
			threads.Yield()
		}
	}
}

// before is the place in a lane that comes before another, that of the last before the
// first.
func (f *filling) before(at uint32) uint32 {
	if at == 0 {
		at = f.laneSize
	}
	return at - 1
}

// reference is the block that the i-th of a segment is mixed with, by a random number: see
// RFC 9106 section 3.4.2.
func (f *filling) reference(pass, slice, lane, i uint32, number uint64) *block {
	other := uint32(number>>32) % f.lanes
	if pass == 0 && slice == 0 {
		other = lane
	}
	// It is one of the three slices before, or of those there are so far, and in its own
	// lane also of the blocks of this slice. The block before is no choice, nor is the
	// last of another lane's slice at a time when that would be the one before.
	start, choice := (slice+1)%slices*f.segmentSize, (slices-1)*f.segmentSize
	if pass == 0 {
		start, choice = 0, slice*f.segmentSize
	}
	if other == lane {
		choice += i - 1
	} else if i == 0 {
		choice--
	}
	// The square makes the later ones likelier.
	x := number & 0xffffffff
	back := uint32(uint64(choice) * (x * x >> 32) >> 32)
	return &f.blocks[other*f.laneSize+(start+choice-1-back)%f.laneSize]
}

// key hashes what the last blocks of all lanes have in common.
func (f *filling) key(bytes uint32) []byte {
	var last block
	for lane := range f.lanes {
		subtle.XORBytes(last[:], last[:], f.blocks[(lane+1)*f.laneSize-1][:])
	}
	return hash(last[:], bytes)
}

// numbers are the pseudo-random ones of a segment that depend on no secret: see RFC 9106
// section 3.4.1.2.
type numbers struct {
	input  block // six words that say which segment it is, and a counter
	words  block
	filled uint32 // the counter
}

func (n *numbers) begin(segment ...uint32) {
	for i, word := range segment {
		binary.LittleEndian.PutUint64(n.input[8*i:], uint64(word))
	}
}

func (n *numbers) at(i uint32) uint64 {
	const perBlock = uint32(len(n.words) / 8)
	if count := i/perBlock + 1; count != n.filled {
		n.filled = count
		binary.LittleEndian.PutUint64(n.input[8*6:], uint64(count))
		var zero block
		n.words.mix(&zero, &n.input, false)
		n.words.mix(&zero, &n.words, false)
	}
	return binary.LittleEndian.Uint64(n.words[i%perBlock*8:])
}
