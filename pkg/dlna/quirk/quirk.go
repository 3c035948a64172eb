// Package quirk knows what renderers need that no specification says: which
// codec first, how to leave the length of a stream open, which DIDL class, whose
// events are wrong. It has three parts:
//
//   - the table (table.go, match.go, traits.go): what is known beforehand, each row
//     with the public source it was read in;
//   - the fallback (fallback.go, evidence.go, offer.go, format.go): a FormatFallback
//     tries the formats of a stream one after the other, guided by the evidence of
//     each failure;
//   - the memory (memory.go, memory_file.go): a Memory keeps the format that worked
//     for each device.
//
// Nothing here talks to a renderer, and only Memory.Run waits for a disk. The
// evidence of a failure is measured by the player.
package quirk

// A Subject is what a device says about itself, as far as it does.
type Subject struct {
	Manufacturer       string // description: manufacturer
	ModelName          string
	ModelNumber        string
	Server             string // HTTP header SERVER of the description, or SSDP's
	SoftwareGeneration string // Sonos' swGen: "1" or "2"
	Firmware           string // the version shown to people, as Sonos' displayVersion: "15.2"
	UDN                string // "uuid:..."
}

// For returns what is known of s: all rows that match, where a later row wins
// over an earlier one field by field.
func For(s Subject) Traits {
	var t Traits
	for _, r := range table {
		if r.matches(s) {
			t = t.with(r.Traits)
		}
	}
	return t
}
