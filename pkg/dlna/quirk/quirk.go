// Package quirk collects what renderers need beyond the specifications: which codec to
// try first, how to state that a stream has no length, which DIDL class, whose events
// are wrong. It has three parts:
//
//   - the table (table.go, match.go, traits.go): what is known beforehand, each row
//     with its public source;
//   - the fallback (fallback.go, evidence.go, offer.go, format.go): a FormatFallback
//     tries the formats of a stream one after the other, guided by the evidence of
//     each failure;
//   - the memory (memory.go, memory_file.go): a Memory stores the format that worked
//     for each device.
//
// Nothing here sends requests to a renderer, and only Memory.Run waits for the disk.
// The evidence of a failure is measured by the player.
package quirk

// A Subject is a device's description of itself; fields may be empty.
type Subject struct {
	Manufacturer       string // description: manufacturer
	ModelName          string
	ModelNumber        string
	Server             string // HTTP header SERVER of the description, or SSDP's
	SoftwareGeneration string // Sonos' swGen: "1" or "2"
	Firmware           string // the version shown to people, as Sonos' displayVersion: "15.2"
	UDN                string // "uuid:..."
}

// For returns what is known about s: all rows that match; for each field a later row
// overrides an earlier one.
func For(s Subject) Traits {
	var t Traits
	for _, r := range table {
		if r.matches(s) {
			t = t.with(r.Traits)
		}
	}
	return t
}
