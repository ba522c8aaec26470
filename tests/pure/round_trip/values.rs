//! Random values of every type that comes through the codec.

use super::parts::{
    any_text, ascending, cid, hash, job_id, key, leaf_bytes, name, net, node, reference, salt, signature,
    text,
};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use vantage_protocol::attester::Record;
use vantage_protocol::bundle::{Bundle, Certs};
use vantage_protocol::content::Content;
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::job::Executors;
use vantage_protocol::leaf::{Cert, LeafRef};
use vantage_protocol::log::Cosignature;
use vantage_protocol::message::{
    CertsAnswer, CertsRequest, Heads, LogAnswer, LogRequest, ProvenLeaf, WitnessAnswer, WitnessRequest,
};
use vantage_protocol::proof::Evidence;
use vantage_protocol::receipt::{
    CODE_FIELDS, Engine, Golem, GolemAttempt, GolemWorker, LandmarkDelay, OriginGrade, ProviderRegion,
    Receipt, Receipts,
};
use vantage_protocol::statement::StatementList;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::target::Surface;

pub fn genesis() -> impl Strategy<Value = Genesis> {
    let committee = ascending(key(), 1..=6).prop_flat_map(|roots| {
        let places = vec((name(), name()), roots.len());
        places.prop_map(move |places| {
            let members = roots.iter().zip(places);
            members
                .map(|(root, (operator, region))| Member { root: *root, operator, region })
                .collect::<Vec<_>>()
        })
    });
    (text(), 1u64..1 << 40, Just(true), 30u64..=86_400, 1024u64..=1 << 20, vec(text(), 0..3), committee)
        .prop_map(|(name, founded_s, test, gap_s_min, output_bytes_max, founders, committee)| Genesis {
            v: EDITION,
            name,
            founded_s,
            test,
            gap_s_min,
            output_bytes_max,
            founders,
            committee,
        })
}

pub fn suite() -> impl Strategy<Value = Suite> {
    let kind = prop::sample::select(vec![
        PromptKind::Identity,
        PromptKind::Fact,
        PromptKind::Control,
        PromptKind::Contested,
        PromptKind::Open,
    ]);
    // control characters are allowed in a prompt
    let said = "(?s).{1,60}";
    let prompts = ascending(name(), 1..=5).prop_flat_map(move |ids| {
        let rest = vec((name(), kind.clone(), said), ids.len());
        rest.prop_map(move |rest| {
            let prompts = ids.iter().cloned().zip(rest);
            prompts.map(|(id, (topic, kind, text))| Prompt { id, topic, kind, text }).collect::<Vec<_>>()
        })
    });
    (text(), text(), 1u32..=4096, of(0u32..=2000), of(any::<u32>()), prompts).prop_map(
        |(name, label, tokens_max, temperature_milli, seed, prompts)| Suite {
            v: 1,
            name,
            label,
            tokens_max,
            temperature_milli,
            seed,
            prompts,
        },
    )
}

pub fn executors() -> impl Strategy<Value = Executors> {
    let rest = |authors: Vec<_>| {
        vec((any::<u64>(), hash()), authors.len()).prop_map(move |rest| {
            let references = authors.iter().zip(rest);
            references
                .map(|(author, (index, hash))| LeafRef { author: *author, index, hash })
                .collect::<Vec<_>>()
        })
    };
    ascending(node(), 1..=6).prop_flat_map(rest).prop_map(|announces| Executors { v: 1, announces })
}

pub fn receipts() -> impl Strategy<Value = Receipts> {
    (job_id(), any::<u32>(), node(), vec(receipt(), 1..4)).prop_map(|(job, slot, executor, cells)| Receipts {
        v: 1,
        job,
        slot,
        executor,
        cells,
    })
}

fn golem() -> impl Strategy<Value = Golem> {
    let worker = (text(), text(), text(), of(text()), any::<[u64; 3]>()).prop_map(
        |(provider, runtime, agreement, activity, [hour, cpu_second, start])| GolemWorker {
            provider,
            runtime,
            agreement,
            activity,
            hour_nanoglm: hour,
            cpu_second_nanoglm: cpu_second,
            start_nanoglm: start,
        },
    );
    let attempt = (any::<u64>(), any::<u64>(), worker, any::<bool>(), of(text())).prop_map(
        |(began_ms, ended_ms, worker, found, failure)| GolemAttempt {
            began_ms,
            ended_ms,
            worker: (found || failure.is_none()).then_some(worker),
            failure,
        },
    );
    ("[0-9a-f]{56}", name(), any::<bool>(), of(provider_region()), vec(attempt, 1..=8)).prop_map(
        |(image, platform, test_money, region, attempts)| {
            let has_worker = attempts.last().is_some_and(|last| last.worker.is_some());
            let region = region.filter(|_| has_worker).unwrap_or(ProviderRegion::Unmeasured);
            Golem { image, platform, test_money, region, attempts }
        },
    )
}

/// Round trips, the first of them to a landmark that was reached.
fn provider_region() -> impl Strategy<Value = ProviderRegion> {
    let delay = (name(), of(0..=60_000_000u64), name());
    btree_map(name(), delay, 1..=16).prop_map(|found| {
        let delay = |(n, (landmark, (region, us, code)))| {
            let round_trip_us: Option<u64> = Option::or(us, (n == 0).then_some(0));
            let failure = round_trip_us.is_none().then_some(code);
            LandmarkDelay { landmark, region, round_trip_us, failure }
        };
        ProviderRegion::Measured {
            delays: found.into_iter().enumerate().map(delay).collect::<Vec<LandmarkDelay>>(),
        }
    })
}

/// The same, with a last attempt that went well.
fn ended_well(mut golem: Golem) -> Golem {
    let worker = golem.attempts.iter().find_map(|attempt| attempt.worker.clone());
    if let Some(last) = golem.attempts.last_mut() {
        last.failure = None;
        last.worker = last.worker.take().or(worker).or_else(|| {
            Some(GolemWorker {
                provider: "p".into(),
                runtime: "r".into(),
                agreement: "a".into(),
                activity: None,
                hour_nanoglm: 0,
                cpu_second_nanoglm: 0,
                start_nanoglm: 0,
            })
        });
    }
    golem
}

fn codes() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(select(&CODE_FIELDS[..]).prop_map(str::to_owned), "[A-Za-z0-9_-]{1,64}", 0..4)
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let engine = (text(), hash(), hash(), text(), text(), any::<u32>()).prop_map(
        |(name, model, weights, quantisation, cpu, threads)| Engine {
            name,
            model,
            weights,
            quantisation,
            cpu,
            threads,
        },
    );
    let cell = (any::<u32>(), any::<u32>(), hash());
    let came = (prop_oneof![cid().prop_map(Ok), text().prop_map(Err)], of(cid()), of(any::<u16>()));
    let said = (of(text()), of(text()), of(text()), btree_map(name(), text(), 0..4), codes());
    let counted =
        (any::<u64>(), any::<u64>(), of(any::<u32>()), of(any::<u32>()), of(any::<u64>()), any::<u32>());
    let how = (
        prop_oneof![Just(Surface::Open), Just(Surface::Api)],
        any::<bool>(),
        of(engine),
        of(text()),
        of(golem()),
    );
    (cell, came, said, counted, how).prop_map(
        |(
            (prompt, repeat, request),
            (came, response, status),
            (model, request_id, finish, headers, codes),
            (started_ms, ended_ms, input_tokens, output_tokens, cost_microusd, attempts),
            (surface, sim, engine, endpoint, golem),
        )| Receipt {
            prompt,
            repeat,
            request,
            output: came.clone().ok(),
            response,
            failure: came.clone().err(),
            endpoint,
            status,
            model,
            request_id,
            finish,
            codes,
            headers,
            started_ms,
            ended_ms,
            input_tokens,
            output_tokens,
            cost_microusd,
            attempts,
            surface: if golem.is_some() { Surface::Golem } else { surface },
            sim,
            engine,
            golem: golem.map(|golem| if came.is_ok() { ended_well(golem) } else { golem }),
            origin: OriginGrade::Own,
        },
    )
}

pub fn statement_list() -> impl Strategy<Value = StatementList> {
    (job_id(), vec(reference(), 0..6)).prop_map(|(job, statements)| StatementList::new(job, statements))
}

pub fn cert() -> impl Strategy<Value = Cert> {
    (leaf_bytes(), any_text()).prop_map(|(leaf, proof)| Cert { leaf: leaf.into_vec(), proof })
}

pub fn content() -> impl Strategy<Value = Content> {
    let parts = (cid(), cid(), cid(), cid(), cid());
    (net(), job_id(), parts, vec(cid(), 1..5), vec(cid(), 0..5)).prop_map(
        |(net, id, (genesis, job, suite, executors, list), announces, statements)| Content {
            v: 3,
            net,
            genesis,
            id,
            job,
            suite,
            study: Some(suite),
            executors,
            announces,
            list,
            statements,
        },
    )
}

pub fn bundle() -> impl Strategy<Value = Bundle> {
    (net(), cid(), of(cid()), cid()).prop_map(|(net, content, report, certs)| Bundle {
        v: 1,
        net,
        content,
        report,
        certs,
    })
}

pub fn certs() -> impl Strategy<Value = Certs> {
    (job_id(), vec(leaf_bytes(), 0..4), vec(cert(), 0..4)).prop_map(|(job, keysets, certs)| Certs {
        v: 1,
        job,
        keysets,
        certs,
    })
}

pub fn record() -> impl Strategy<Value = Record> {
    let leaves = (node(), any::<u64>(), vec(leaf_bytes(), 0..4));
    let witnessed = (node(), any::<u64>(), hash(), any::<u64>());
    let salted = (job_id(), any::<u32>(), salt(), cid());
    prop_oneof![
        leaf_bytes().prop_map(Record::OwnLeaf),
        leaves.prop_map(|(node, start, leaves)| Record::Leaves { node, start, leaves }),
        any_text().prop_map(Record::Head),
        witnessed.prop_map(|(node, size, root, time_s)| Record::Witnessed { node, size, root, time_s }),
        salted.prop_map(|(job, slot, salt, receipts)| Record::Salted { job, slot, salt, receipts }),
        (node(), any::<u64>()).prop_map(|(node, size)| Record::Rewind { node, size }),
        Just(Record::Restored),
        Just(Record::Vouched),
        any::<u64>().prop_map(|seen| Record::Lost { seen }),
        (job_id(), cid(), cid()).prop_map(|(job, content, bundle)| Record::Published {
            job,
            content,
            bundle
        }),
        (job_id(), cid()).prop_map(|(job, bundle)| Record::Provided { job, bundle }),
    ]
}

pub fn heads() -> impl Strategy<Value = Heads> {
    let leaves = ascending(any::<u64>(), 0..=4).prop_flat_map(|indices| {
        let rest = vec((leaf_bytes(), vec(hash(), 0..5)), indices.len());
        rest.prop_map(move |rest| {
            let leaves = indices.iter().zip(rest);
            leaves.map(|(index, (leaf, path))| ProvenLeaf { index: *index, leaf, path }).collect::<Vec<_>>()
        })
    });
    (net(), any::<u64>(), any_text(), leaves).prop_map(|(net, sent_s, note, leaves)| Heads {
        net,
        sent_s,
        note,
        leaves,
    })
}

pub fn witness_request() -> impl Strategy<Value = WitnessRequest> {
    (net(), node(), any_text(), vec(leaf_bytes(), 0..4)).prop_map(|(net, to, add, leaves)| WitnessRequest {
        net,
        to,
        add,
        leaves,
    })
}

pub fn witness_answer() -> impl Strategy<Value = WitnessAnswer> {
    let cosigned = (any::<u64>(), signature())
        .prop_map(|(time, signature)| (200, Some(Cosignature { time, signature })));
    let refused =
        prop::sample::select(vec![400u16, 403, 404, 409, 422, 503]).prop_map(|status| (status, None));
    (prop_oneof![cosigned, refused], of(any::<u64>()), of(any::<u32>()), of(text())).prop_map(
        |((status, cosignature), size, retry_s, why)| WitnessAnswer {
            status,
            size,
            retry_s,
            cosignature,
            why,
        },
    )
}

pub fn log_request() -> impl Strategy<Value = LogRequest> {
    let heads = (net(), of(node())).prop_map(|(net, after)| LogRequest::Heads { net, after });
    let range = (net(), node(), any::<u64>(), 0u32..=128)
        .prop_map(|(net, node, start, count)| LogRequest::Range { net, node, start, count });
    let longest = (net(), node()).prop_map(|(net, node)| LogRequest::Longest { net, node });
    let head = (net(), node(), any::<u64>(), of(any::<u64>()))
        .prop_map(|(net, node, index, by_s)| LogRequest::Head { net, node, index, by_s });
    prop_oneof![heads, range, longest, head]
}

pub fn log_answer() -> impl Strategy<Value = LogAnswer> {
    let heads = (vec((any_text(), leaf_bytes()), 0..4), any::<bool>())
        .prop_map(|(heads, more)| LogAnswer::Heads { heads, more });
    let range =
        (any_text(), vec(leaf_bytes(), 0..4)).prop_map(|(note, leaves)| LogAnswer::Range { note, leaves });
    let longest =
        (of(any_text()), any::<u64>()).prop_map(|(note, witnessed)| LogAnswer::Longest { note, witnessed });
    let head = any_text().prop_map(|note| LogAnswer::Head { note });
    prop_oneof![heads, range, longest, head, Just(LogAnswer::Unknown)]
}

pub fn certs_request() -> impl Strategy<Value = CertsRequest> {
    (net(), cid()).prop_map(|(net, content)| CertsRequest { net, content })
}

pub fn certs_answer() -> impl Strategy<Value = CertsAnswer> {
    of((bundle(), certs())).prop_map(|both| {
        let (bundle, certs) = both.unzip();
        CertsAnswer { bundle, certs }
    })
}

pub fn evidence() -> impl Strategy<Value = Evidence> {
    let inconsistent = (any_text(), any_text(), hash(), vec(hash(), 0..5))
        .prop_map(|(earlier, later, root, proof)| Evidence::Inconsistent { earlier, later, root, proof });
    prop_oneof![
        (any_text(), any_text()).prop_map(|(first, second)| Evidence::Fork { first, second }),
        inconsistent,
        (cert(), cert()).prop_map(|(last, ack)| Evidence::AckAfterFinal { last, ack }),
        (cert(), cert()).prop_map(|(first, second)| Evidence::TwoFinals { first, second }),
    ]
}
