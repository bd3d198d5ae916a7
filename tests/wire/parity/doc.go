// Package parity checks that an application answers alike on SQLite and on PostgreSQL.
// Its test generates requests from the whole grammar of the wire, sends them to one
// application on both engines, and compares the responses byte for byte. Then it compares
// the tables and the change logs.
//
// A difference is a defect of the library, or is listed with its reason among what is not
// compared.
package parity
