//! Provider records: our own, for which there is always room, and those of others, bounded and shared out fairly.
//!
//! libp2p's own store counts keys of both kinds together, keeps what has expired until somebody asks for it, takes keys
//! of any length, and is full for good once strangers have filled it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::iter::{Empty, empty};
use std::time::{Duration, Instant};

use libp2p::kad::store::{Error, RecordStore, Result};
use libp2p::kad::{ProviderRecord, Record, RecordKey};
use libp2p::{Multiaddr, PeerId};

use crate::limits::{PROVIDED_KEYS_MAX, PROVIDERS_MAX};

/// Longest key, bytes: go-libp2p-kad-dht's own bound. A multihash of SHA2-256 has 34.
const KEY_BYTES_MAX: usize = 80;
/// Addresses kept of a provider.
pub(crate) const PROVIDER_ADDRESSES_MAX: usize = 4;
/// Between two looks at what has expired; a guess.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Another peer, and what it provides.
#[derive(Debug, Default)]
struct Holder {
    addresses: Vec<Multiaddr>,
    keys: HashSet<RecordKey>,
}

/// The provider records of one DHT. It holds no values.
#[derive(Debug)]
pub(crate) struct Records {
    us: PeerId,
    /// Under which addresses we are to be found here.
    addresses: Vec<Multiaddr>,
    own: HashSet<RecordKey>,
    /// Others' records: who, and until when.
    others: HashMap<RecordKey, Vec<(PeerId, Option<Instant>)>>,
    holders: HashMap<PeerId, Holder>,
    /// How many records of others there are.
    count: usize,
    max: usize,
    swept: Instant,
}

impl Records {
    /// Room for at most `max` records of others.
    pub(crate) fn new(us: PeerId, max: usize) -> Self {
        Self {
            us,
            addresses: Vec::new(),
            own: HashSet::new(),
            others: HashMap::new(),
            holders: HashMap::new(),
            count: 0,
            max,
            swept: Instant::now(),
        }
    }

    /// Under these addresses we are to be found from now on.
    pub(crate) fn set_addresses(&mut self, addresses: Vec<Multiaddr>) {
        self.addresses = addresses;
    }

    /// Sees to it that there is room for a record of this peer. When all is taken, the peer with the most records
    /// gives one up, unless it is the newcomer itself: nobody can crowd out those who provide less.
    fn make_room(&mut self, newcomer: &PeerId) -> Result<()> {
        if self.count < self.max {
            return Ok(());
        }
        self.sweep(Instant::now());
        if self.count < self.max {
            return Ok(());
        }
        let mine = self.holders.get(newcomer).map_or(0, |holder| holder.keys.len());
        let most = self.holders.iter().max_by_key(|(_, holder)| holder.keys.len());
        let (peer, key) = most
            .filter(|(_, holder)| holder.keys.len() > mine + 1)
            .and_then(|(peer, holder)| Some((*peer, holder.keys.iter().next()?.clone())))
            .ok_or(Error::MaxProvidedKeys)?;
        self.drop_other(&key, &peer);
        Ok(())
    }

    /// Drops what has expired, from time to time.
    fn sweep(&mut self, now: Instant) {
        if now.duration_since(self.swept) < SWEEP_INTERVAL {
            return;
        }
        self.swept = now;
        let mut expired = Vec::new();
        for (key, held) in &self.others {
            let late = held.iter().filter(|(_, expires)| expires.is_some_and(|expires| now >= expires));
            expired.extend(late.map(|(peer, _)| (key.clone(), *peer)));
        }
        for (key, peer) in expired {
            self.drop_other(&key, &peer);
        }
    }

    fn drop_other(&mut self, key: &RecordKey, peer: &PeerId) {
        let Some(held) = self.others.get_mut(key) else { return };
        let before = held.len();
        held.retain(|(provider, _)| provider != peer);
        self.count -= before - held.len();
        if held.is_empty() {
            self.others.remove(key);
        }
        if let Some(holder) = self.holders.get_mut(peer) {
            holder.keys.remove(key);
            if holder.keys.is_empty() {
                self.holders.remove(peer);
            }
        }
    }
}

impl RecordStore for Records {
    type RecordsIter<'a> = Empty<Cow<'a, Record>>;
    type ProvidedIter<'a> = Empty<Cow<'a, ProviderRecord>>;

    fn get(&self, _: &RecordKey) -> Option<Cow<'_, Record>> {
        None
    }

    fn put(&mut self, _: Record) -> Result<()> {
        Err(Error::MaxRecords)
    }

    fn remove(&mut self, _: &RecordKey) {}

    fn records(&self) -> Self::RecordsIter<'_> {
        empty()
    }

    fn add_provider(&mut self, mut record: ProviderRecord) -> Result<()> {
        if record.key.as_ref().len() > KEY_BYTES_MAX {
            return Err(Error::ValueTooLarge);
        }
        if record.provider == self.us {
            if self.own.len() >= PROVIDED_KEYS_MAX && !self.own.contains(&record.key) {
                return Err(Error::MaxProvidedKeys);
            }
            self.own.insert(record.key);
            return Ok(());
        }
        let held = self.others.get_mut(&record.key);
        let known = held.and_then(|held| held.iter_mut().find(|(peer, _)| *peer == record.provider));
        if let Some((_, expires)) = known {
            *expires = record.expires;
        } else {
            if self.others.get(&record.key).is_some_and(|held| held.len() >= PROVIDERS_MAX) {
                return Ok(());
            }
            self.make_room(&record.provider)?;
            self.others.entry(record.key.clone()).or_default().push((record.provider, record.expires));
            self.count += 1;
        }
        record.addresses.truncate(PROVIDER_ADDRESSES_MAX);
        let holder = self.holders.entry(record.provider).or_default();
        holder.addresses = record.addresses;
        holder.keys.insert(record.key);
        Ok(())
    }

    fn providers(&self, key: &RecordKey) -> Vec<ProviderRecord> {
        let record = |provider: PeerId, expires, addresses: &[Multiaddr]| ProviderRecord {
            key: key.clone(),
            provider,
            expires,
            addresses: addresses.to_vec(),
        };
        // without an address of ours libp2p would tell all that we listen on, private ones included
        let own = self.own.contains(key) && !self.addresses.is_empty();
        let own = own.then(|| record(self.us, None, &self.addresses));
        let others = self.others.get(key).into_iter().flatten().map(|(peer, expires)| {
            record(
                *peer,
                *expires,
                self.holders.get(peer).map_or(&[][..], |holder| holder.addresses.as_slice()),
            )
        });
        own.into_iter().chain(others).collect()
    }

    fn provided(&self) -> Self::ProvidedIter<'_> {
        empty()
    }

    fn remove_provider(&mut self, key: &RecordKey, provider: &PeerId) {
        if *provider == self.us {
            self.own.remove(key);
        } else {
            self.drop_other(key, provider);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> RecordKey {
        RecordKey::new(&number.to_be_bytes())
    }

    fn record(number: u32, provider: PeerId) -> ProviderRecord {
        ProviderRecord::new(key(number), provider, vec!["/ip4/8.8.8.8/tcp/1".parse().unwrap()])
    }

    fn held(records: &Records, peer: &PeerId) -> usize {
        records.holders.get(peer).map_or(0, |holder| holder.keys.len())
    }

    #[test]
    fn strangers_never_take_the_room_of_our_own() {
        let (us, stranger) = (PeerId::random(), PeerId::random());
        let mut records = Records::new(us, 10);
        for number in 0..20 {
            let _full = records.add_provider(record(number, stranger));
        }
        for number in 0..5000 {
            records.add_provider(ProviderRecord::new(key(number), us, Vec::new())).unwrap();
        }
        records.set_addresses(vec!["/ip4/9.9.9.9/tcp/1".parse().unwrap()]);
        assert_eq!(records.providers(&key(4999))[0].provider, us);
        assert_eq!((records.own.len(), records.count), (5000, 10));
    }

    #[test]
    fn whoever_provides_most_makes_room_for_those_who_provide_less() {
        let (greedy, modest) = (PeerId::random(), PeerId::random());
        let mut records = Records::new(PeerId::random(), 100);
        for number in 0..100 {
            records.add_provider(record(number, greedy)).unwrap();
        }
        assert!(records.add_provider(record(100, greedy)).is_err(), "all is taken, by itself");
        for number in 1000..1200 {
            let _full = records.add_provider(record(number, modest));
        }
        assert_eq!(records.count, 100);
        assert_eq!((held(&records, &greedy), held(&records, &modest)), (50, 50));
        let others: usize = records.others.values().map(Vec::len).sum();
        assert_eq!(others, records.count);
    }

    #[test]
    fn what_has_expired_makes_room() {
        let (old, new) = (PeerId::random(), PeerId::random());
        let mut records = Records::new(PeerId::random(), 2);
        for number in 0..2 {
            let expires = Some(Instant::now());
            records.add_provider(ProviderRecord { expires, ..record(number, old) }).unwrap();
        }
        records.swept = Instant::now().checked_sub(SWEEP_INTERVAL).unwrap();
        for number in 2..4 {
            records.add_provider(record(number, new)).unwrap();
        }
        assert_eq!((held(&records, &old), held(&records, &new)), (0, 2));
    }

    #[test]
    fn keys_providers_and_addresses_are_bounded() {
        let mut records = Records::new(PeerId::random(), 1000);
        let long = ProviderRecord { key: RecordKey::new(&[0; 81]), ..record(0, PeerId::random()) };
        assert!(records.add_provider(long).is_err());
        for _ in 0..2 * PROVIDERS_MAX {
            records.add_provider(record(1, PeerId::random())).unwrap();
        }
        assert_eq!(records.providers(&key(1)).len(), PROVIDERS_MAX);
        let peer = PeerId::random();
        let addresses = vec!["/ip4/8.8.8.8/tcp/1".parse().unwrap(); 20];
        records.add_provider(ProviderRecord { addresses, ..record(2, peer) }).unwrap();
        assert_eq!(records.providers(&key(2))[0].addresses.len(), PROVIDER_ADDRESSES_MAX);
        records.remove_provider(&key(2), &peer);
        assert!(records.providers(&key(2)).is_empty() && !records.holders.contains_key(&peer));
    }

    #[test]
    fn without_addresses_of_ours_we_are_not_named() {
        let us = PeerId::random();
        let mut records = Records::new(us, 10);
        records.add_provider(ProviderRecord::new(key(1), us, Vec::new())).unwrap();
        assert!(records.providers(&key(1)).is_empty());
        records.set_addresses(vec!["/ip4/9.9.9.9/tcp/1".parse().unwrap()]);
        assert_eq!(records.providers(&key(1))[0].addresses.len(), 1);
        records.remove_provider(&key(1), &us);
        assert!(records.providers(&key(1)).is_empty());
    }
}
