package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// BenchmarkRows writes a list of 20 rows as they come from the wire.
func BenchmarkRows(b *testing.B) {
	uuid, _ := hex.DecodeString("0193f0a1b2c37d4e8f90a1b2c3d4e5f6")
	at := binary.BigEndian.AppendUint64(nil, 815_000_000_123_456)
	columns := []struct {
		key   string
		kind  driver.Kind
		oid   uint32
		value []byte
	}{
		{`"id":`, driver.KindUUID, pgtype.UUIDOID, uuid},
		{`"created_at":`, driver.KindTimestamp, pgtype.TimestamptzOID, at},
		{`"updated_at":`, driver.KindTimestamp, pgtype.TimestamptzOID, at},
		{`"version":`, driver.KindInt, pgtype.Int8OID, binary.BigEndian.AppendUint64(nil, 1)},
		{`"owner_id":`, driver.KindUUID, pgtype.UUIDOID, uuid},
		{`"title":`, driver.KindText, pgtype.TextOID, []byte(`Item 4711 of the "catalogue"`)},
		{`"body":`, driver.KindText, pgtype.TextOID, []byte(strings.Repeat("some words of a text, ", 5) + "Zürich\n" + strings.Repeat("and more of them, ", 5))},
		{`"price":`, driver.KindInt, pgtype.Int8OID, binary.BigEndian.AppendUint64(nil, 47_110)},
	}
	shape := &driver.Shape{}
	var fields []pgconn.FieldDescription
	var values [][]byte
	for _, c := range columns {
		shape.Members = append(shape.Members, driver.Member{Key: c.key, Kind: c.kind})
		fields = append(fields, pgconn.FieldDescription{Name: c.key, DataTypeOID: c.oid, Format: pgx.BinaryFormatCode})
		values = append(values, c.value)
	}
	var result driver.Result
	for b.Loop() {
		result.Reset()
		rd := reader{shape: shape, result: &result, fields: fields}
		for range 20 {
			if err := rd.row(values); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.SetBytes(int64(len(result.Body)))
}
