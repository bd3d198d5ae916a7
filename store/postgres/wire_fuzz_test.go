package postgres

import (
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// FuzzWire feeds bytes to every decoder. None may panic, write to what stands
// before, or call something JSON that is not.
func FuzzWire(f *testing.F) {
	record := binary.BigEndian.AppendUint32(nil, 1)
	record = binary.BigEndian.AppendUint32(record, pgtype.Int4OID)
	record = append(record, 0, 0, 0, 4, 0, 0, 0, 7)
	array := binary.BigEndian.AppendUint32(nil, 1)
	array = append(array, 0, 0, 0, 0, 0, 0, 8, 201, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, byte(len(record)))
	array = append(array, record...)
	seeds := [][]byte{
		{},
		{1},
		[]byte("text"),
		{0, 0, 0, 0, 0, 0, 0, 5},
		record, array,
		{0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 0x13, 0x88},
		{0, 1, 0x7f, 0xff, 0x40, 0, 0, 1, 0, 1},
		{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1, 255, 255, 255, 255},
	}
	for _, seed := range seeds {
		f.Add(seed)
		for n := range seed {
			f.Add(seed[:n])
		}
	}
	leaf := &driver.Shape{Members: []driver.Member{{Key: `"v":`, Kind: driver.KindInt}}}
	members := []driver.Member{{Key: `"v":`, Embed: leaf}, {Key: `"v":`, Embed: leaf, Many: true}}
	for kind := driver.KindText; kind <= driver.KindTextArray; kind++ {
		members = append(members, driver.Member{Kind: kind}, driver.Member{Kind: kind, Quoted: true})
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, oid := range []uint32{0, pgtype.TextOID} {
			for _, m := range members {
				got, err := appendMember([]byte("["), &m, oid, src)
				if err != nil {
					continue
				}
				if got = append(got, ']'); !json.Valid(got) {
					t.Fatalf("%s quoted %t of %x is %s", m.Kind, m.Quoted, src, got)
				}
			}
		}
	})
}
