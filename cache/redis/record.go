package redis

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"
	"strings"
)

// record is a value as Redis keeps it:
//
//	since ":" written ":" checksum stripes key value
//
// The script that stores a record writes since and written. These are readings of the
// clock from before the load and at the time of storing. The checksum is a CRC-32C of the
// remaining bytes. The number of stripes, each stripe and the length of the key are
// varints.
type record struct {
	since, written uint64
	tags           []uint16
	value          []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendHead appends what stands before the value, with room for the checksum.
func appendHead(dst []byte, key string, tags []uint16) []byte {
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(len(tags)))
	for _, tag := range tags {
		dst = binary.AppendUvarint(dst, uint64(tag))
	}
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	return append(dst, key...)
}

// seal writes the checksum of a complete record.
func seal(data []byte) {
	binary.BigEndian.PutUint32(data, crc32.Checksum(data[4:], castagnoli))
}

// parseRecord decodes the record of a key. It returns false for anything else, such as the
// record of another key. The value is a copy.
func parseRecord(data, key string) (r record, ok bool) {
	since, data, _ := strings.Cut(data, ":")
	written, data, _ := strings.Cut(data, ":")
	var err1, err2 error
	r.since, err1 = strconv.ParseUint(since, 10, 64)
	r.written, err2 = strconv.ParseUint(written, 10, 64)
	if err1 != nil || err2 != nil || len(data) < 4 {
		return record{}, false
	}
	rest := []byte(data[4:])
	if binary.BigEndian.Uint32([]byte(data[:4])) != crc32.Checksum(rest, castagnoli) {
		return record{}, false
	}
	count, rest, ok := uvarint(rest)
	if !ok || count > uint64(len(rest)) {
		return record{}, false
	}
	r.tags = make([]uint16, count)
	for i := range r.tags {
		var tag uint64
		if tag, rest, ok = uvarint(rest); !ok || tag >= stripeCount {
			return record{}, false
		}
		r.tags[i] = uint16(tag)
	}
	length, rest, ok := uvarint(rest)
	if !ok || length != uint64(len(key)) || uint64(len(rest)) < length || string(rest[:length]) != key {
		return record{}, false
	}
	r.value = rest[length:]
	return r, true
}

func uvarint(data []byte) (n uint64, rest []byte, ok bool) {
	n, size := binary.Uvarint(data)
	if size <= 0 {
		return 0, nil, false
	}
	return n, data[size:], true
}
