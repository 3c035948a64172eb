package web

import (
	"net/http"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// What is counted of a speaker is that of its session, or of the last one: a
// counter begins anew with each.

// speakerMetrics have a series for each speaker and group.
var speakerMetrics = []struct {
	name  string
	kind  metricType
	help  string
	value func(bridge.Speaker) float64
}{
	{"breezeway_speaker_playing", gauge, "1 while a sender's sound goes to the speaker.", func(s bridge.Speaker) float64 { return flag(s.Playing()) }},
	{"breezeway_session_active", gauge, "1 while a sender is connected.", func(s bridge.Speaker) float64 { return flag(!s.Began.IsZero()) }},
	{"breezeway_packets_received_total", counter, "Packets that came from the sender.", func(s bridge.Speaker) float64 { return float64(s.Jitter.Received) }},
	{"breezeway_packets_recovered_total", counter, "Of these, those that came after a request.", func(s bridge.Speaker) float64 { return float64(s.Jitter.Recovered) }},
	{"breezeway_packets_duplicate_total", counter, "Packets that had been there already.", func(s bridge.Speaker) float64 { return float64(s.Jitter.Duplicate) }},
	{"breezeway_packets_late_total", counter, "Packets that came too late to be played.", func(s bridge.Speaker) float64 { return float64(s.Jitter.Late) }},
	{"breezeway_packets_lost_total", counter, "Packets that never came.", func(s bridge.Speaker) float64 { return float64(s.Jitter.Lost) }},
	{"breezeway_packets_requested_total", counter, "Packets that the sender was asked for again, each request counted.", func(s bridge.Speaker) float64 { return float64(s.Jitter.Asked) }},
	{"breezeway_packets_undecoded_total", counter, "Packets that no decoder takes.", func(s bridge.Speaker) float64 { return float64(s.Undecoded) }},
	{"breezeway_sound_concealed_seconds_total", counter, "Sound filled in for packets that were lost.", func(s bridge.Speaker) float64 { return seconds(s.Jitter.ConcealedFrames) }},
	{"breezeway_sound_starved_seconds_total", counter, "Silence played because nothing came from the sender.", func(s bridge.Speaker) float64 { return seconds(s.Jitter.StarvedFrames) }},
	{"breezeway_sender_deaf", gauge, "1 while the sender answers no requests for lost packets.", func(s bridge.Speaker) float64 { return flag(s.Jitter.Deaf) }},
	{"breezeway_patience_seconds", gauge, "How long after its time a missing packet is waited for, at present.", func(s bridge.Speaker) float64 { return s.Jitter.Patience.Seconds() }},
	{"breezeway_volume_ratio", gauge, "Volume from 0 to 1, on the sender's scale.", func(s bridge.Speaker) float64 { return s.Level }},
	{"breezeway_muted", gauge, "1 while the speaker is muted.", func(s bridge.Speaker) float64 { return flag(s.Muted) }},
}

// rendererMetrics have a series for each renderer that a speaker plays on. Not
// all are known always.
var rendererMetrics = []struct {
	name  string
	kind  metricType
	help  string
	value func(bridge.Member) (v float64, known bool)
}{
	{"breezeway_renderer_up", gauge, "0 while the renderer does not answer.", func(m bridge.Member) (float64, bool) { return flag(m.Address != ""), true }},
	{"breezeway_renderer_proven", gauge, "1 while it plays in the way that it is given the sound, 0 while that is tried.", func(m bridge.Member) (float64, bool) { return flag(m.Proven), !m.Stream.Opened.IsZero() }},
	{"breezeway_stream_written_bytes_total", counter, "Sound written to the stream.", func(m bridge.Member) (float64, bool) { return float64(m.Stream.BytesWritten), true }},
	{"breezeway_stream_read_bytes_total", counter, "Sound that the renderer fetched.", func(m bridge.Member) (float64, bool) { return float64(m.Stream.BytesRead), true }},
	{"breezeway_stream_requests_total", counter, "Requests of the renderer for the stream.", func(m bridge.Member) (float64, bool) { return float64(m.Stream.Requests), true }},
	{"breezeway_stream_overruns_total", counter, "Times that the renderer fetched too slowly and missed sound.", func(m bridge.Member) (float64, bool) { return float64(m.Stream.Overruns), true }},
	{"breezeway_stream_readers", gauge, "Requests that are being answered.", func(m bridge.Member) (float64, bool) { return float64(m.Stream.Readers), true }},
	{"breezeway_stream_behind_bytes", gauge, "Sound that waits to be fetched.", func(m bridge.Member) (float64, bool) { return float64(m.Stream.Behind), true }},
	{"breezeway_start_delay_seconds", gauge, "From the first audible packet to its sound at the renderer, if that did not buffer.", func(m bridge.Member) (float64, bool) { return m.StartDelay.Seconds(), m.StartDelay > 0 }},
	{"breezeway_sounding_after_seconds", gauge, "From Play to the first sound, as the renderer counts.", func(m bridge.Member) (float64, bool) { return m.SoundingAfter.Seconds(), m.SoundingAfter > 0 }},
	{"breezeway_delay_seconds", gauge, "Sound that the renderer holds.", func(m bridge.Member) (float64, bool) { return m.Drift.Delay.Seconds(), m.Drift.Delay > 0 }},
	{"breezeway_delay_target_seconds", gauge, "The same, as it is to be.", func(m bridge.Member) (float64, bool) { return m.Drift.Target.Seconds(), m.Drift.Learned }},
	{"breezeway_drift_ppm", gauge, "Correction of the sound's pace for the renderer's clock, in parts per million.", func(m bridge.Member) (float64, bool) { return m.Drift.PPM, m.Drift.By != "" }},
}

// Labels that say what a series is about.
var (
	speakerLabels  = []string{"speaker", "id"}
	rendererLabels = []string{"speaker", "id", "udn"}
)

func metricsHandler(o Options) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var b []byte
		for _, f := range familiesOf(o.Snapshot(), o.Conditions(), o.Version, time.Now()) {
			b = f.append(b)
		}
		w.Header().Set("Content-Type", expositionType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(b) // the peer left: nobody to tell
	}
}

// familiesOf is everything that is measured, always in the same order.
func familiesOf(s bridge.Snapshot, conditions []monitor.Condition, version string, now time.Time) []family {
	families := []family{
		{name: "breezeway_build_info", help: "Always 1; the version that runs.", labels: []string{"version"}, samples: []sample{{[]string{version}, 1}}},
		{name: "breezeway_uptime_seconds", help: "Since the program started.", samples: []sample{{nil, now.Sub(s.Started).Seconds()}}},
		{name: "breezeway_ready", help: "1 while senders can play, as /readyz says.", samples: []sample{{nil, flag(len(monitor.Missing(s)) == 0)}}},
		{name: "breezeway_speakers", help: "Speakers that are offered to senders.", samples: []sample{{nil, float64(len(s.Speakers))}}},
	}
	families = append(families, conditionFamilies(conditions, now)...)
	families = append(families, stateFamilies(s.Speakers)...)
	for _, m := range speakerMetrics {
		f := family{name: m.name, kind: m.kind, help: m.help, labels: speakerLabels}
		for _, sp := range s.Speakers {
			f.add(m.value(sp), sp.Name, sp.ID.String())
		}
		families = append(families, f)
	}
	for _, m := range rendererMetrics {
		f := family{name: m.name, kind: m.kind, help: m.help, labels: rendererLabels}
		for _, sp := range s.Speakers {
			for _, r := range sp.Renderers() {
				if v, known := m.value(r); known {
					f.add(v, sp.Name, sp.ID.String(), r.UDN)
				}
			}
		}
		families = append(families, f)
	}
	return families
}

// conditionFamilies say what is wrong, and how many conditions of each code there
// are, even if none.
func conditionFamilies(conditions []monitor.Condition, now time.Time) []family {
	ages := family{name: "breezeway_condition_age_seconds", help: "For how long each condition has lasted.", labels: []string{"code", "subject"}}
	counts := family{name: "breezeway_conditions", help: "Conditions of a code that hold now.", labels: []string{"code", "severity"}}
	number := make(map[monitor.Code]int)
	for _, c := range conditions {
		number[c.Code]++
		ages.add(c.Age(now).Seconds(), c.Code.String(), c.Subject)
	}
	for _, c := range monitor.Codes() {
		counts.add(float64(number[c]), c.String(), c.Severity().String())
	}
	return []family{counts, ages}
}

// stateFamilies tell how speakers stand, and why in the words of log and page.
func stateFamilies(speakers []bridge.Speaker) []family {
	state := family{name: "breezeway_speaker_state", help: "1 for the state that the speaker is in.", labels: []string{"speaker", "id", "state"}}
	because := family{name: "breezeway_renderer_because_info", help: "Always 1; the state of the renderer, and why, as the log says it.",
		labels: []string{"speaker", "id", "udn", "state", "because"}}
	way := family{name: "breezeway_renderer_info", help: "Always 1; how the renderer is called, and given its sound in this session or the last.",
		labels: []string{"speaker", "id", "udn", "name", "model", "codec", "length", "class"}}
	spread := family{name: "breezeway_group_spread_seconds", help: "Between the first and the last member's sound, as they tell it.", labels: speakerLabels}
	for _, s := range speakers {
		if s.Members != nil {
			spread.add(s.Spread.Seconds(), s.Name, s.ID.String())
		}
		for _, name := range states {
			state.add(flag(s.State == name), s.Name, s.ID.String(), name)
		}
		for _, m := range s.Renderers() {
			because.add(1, s.Name, s.ID.String(), m.UDN, m.State, m.Because)
			codec, length := "", ""
			if !m.Stream.Opened.IsZero() {
				codec, length = m.Codec.String(), m.Length.String()
			}
			way.add(1, s.Name, s.ID.String(), m.UDN, m.Name, m.Model, codec, length, m.Class)
		}
	}
	return []family{state, because, way, spread}
}

// flag is 1 for true.
func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// seconds of sound.
func seconds(frames uint64) float64 { return audio.CD.Duration(int64(frames)).Seconds() }
