package strictjson

import (
	"bytes"
	"hash/maphash"
)

// linearKeys is up to how many keys comparing each with each beats hashing.
const linearKeys = 16

// keyRef is the position of a key's opening quote, with a flag in the highest bit
// for a key that has escapes. It is never 0, since an object begins with a brace.
type keyRef = uint32

const escapedKey keyRef = 1 << 31

func newKeyRef(at int, escaped bool) keyRef {
	ref := keyRef(at) // Parse holds positions below 1<<31
	if escaped {
		ref |= escapedKey
	}
	return ref
}

// keySet finds duplicate keys in all open objects of a document. It keeps positions
// instead of keys: in a large object at most eleven bytes a key, and half as much
// again while its table grows.
type keySet struct {
	spare   []keyRef // a table out of use
	seed    maphash.Seed
	seeded  bool
	scratch [2][]byte // unescaped keys being compared
}

// keyFrame holds the keys of one open object. The zero value is an empty object.
type keyFrame struct {
	count int
	small [linearKeys]keyRef
	table []keyRef // open addressing, takes the place of small when that is full
}

// done gives back what an object that was closed does not need any more.
func (k *keySet) done(f *keyFrame) {
	if cap(f.table) > cap(k.spare) {
		k.spare = f.table
	}
}

// add takes the key between ref and end, and reports false for one already there.
func (k *keySet) add(data []byte, f *keyFrame, ref keyRef, end int) bool {
	if f.table == nil {
		for _, other := range f.small[:f.count] {
			if k.equal(data, ref, end, other) {
				return false
			}
		}
		if f.count < linearKeys {
			f.small[f.count] = ref
			f.count++
			return true
		}
		f.table = k.newTable(4 * linearKeys)
		k.refill(data, f.table, f.small[:])
	}
	slot, found := k.find(data, f.table, ref, end)
	if found {
		return false
	}
	f.table[slot] = ref
	if f.count++; f.count > len(f.table)/4*3 {
		old := f.table
		f.table = make([]keyRef, 2*len(old))
		k.refill(data, f.table, old)
	}
	return true
}

// newTable returns an empty table of at least size slots, a power of two. A large
// spare is not used whole, because clearing it for each of many objects would take
// quadratic time.
func (k *keySet) newTable(size int) []keyRef {
	const most = 1024
	size = max(size, min(cap(k.spare), most))
	if cap(k.spare) < size {
		return make([]keyRef, size)
	}
	table := k.spare[:size]
	k.spare = nil
	clear(table)
	return table
}

func (k *keySet) refill(data []byte, table, refs []keyRef) {
	for _, ref := range refs {
		if ref != 0 {
			slot, _ := k.find(data, table, ref, skipString(data, position(ref)))
			table[slot] = ref
		}
	}
}

// find returns the slot of a key, or the free slot where it belongs.
func (k *keySet) find(data []byte, table []keyRef, ref keyRef, end int) (slot int, found bool) {
	if !k.seeded {
		k.seed, k.seeded = maphash.MakeSeed(), true
	}
	mask := len(table) - 1
	slot = int(maphash.Bytes(k.seed, k.text(data, ref, end, 0))>>1) & mask
	for table[slot] != 0 {
		if k.equal(data, ref, end, table[slot]) {
			return slot, true
		}
		slot = (slot + 1) & mask
	}
	return slot, false
}

func (k *keySet) equal(data []byte, ref keyRef, end int, other keyRef) bool {
	if (ref|other)&escapedKey == 0 {
		// With both quotes: a plain key has none inside, so a longer one differs.
		a, b := position(ref), position(other)
		return b+end-a <= len(data) && bytes.Equal(data[a:end], data[b:b+end-a])
	}
	otherEnd := skipString(data, position(other))
	return bytes.Equal(k.text(data, ref, end, 0), k.text(data, other, otherEnd, 1))
}

// text returns a key unescaped, in one of two buffers where it has escapes.
func (k *keySet) text(data []byte, ref keyRef, end, buffer int) []byte {
	quoted := data[position(ref):end]
	if ref&escapedKey == 0 {
		return quoted[1 : len(quoted)-1]
	}
	k.scratch[buffer] = appendUnquoted(k.scratch[buffer][:0], quoted)
	return k.scratch[buffer]
}

func position(ref keyRef) int { return int(ref &^ escapedKey) }
