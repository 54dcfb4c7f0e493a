//! Commands that servers have and the model has not: none of them is a typing error.

/// Their names, of Redis 7.0.15, Redis 8.2.3 and Valkey 9.1.2.
const NAMES: &str = "acl asking auth bgrewriteaof bgsave cluster clusterscan commandlog config debug dump failover geoadd geodist \
    geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore hello hexpire \
    hexpireat hexpiretime hgetdel hgetex hpersist hpexpire hpexpireat hpexpiretime hpttl hsetex httl info lastsave \
    latency lcs lolwut memory migrate module monitor move msetex object pfadd pfcount pfdebug pfmerge pfselftest \
    psubscribe psync pubsub punsubscribe quit readonly readwrite replconf replicaof restore restore-asking role save \
    shutdown slaveof slowlog sort sort_ro ssubscribe subscribe sunsubscribe swapdb sync unsubscribe vadd vcard vdim \
    vemb vgetattr vinfo vismember vlinks vrandmember vrem vsetattr vsim waitaof xack xackdel xautoclaim xclaim xdelex \
    xgroup xinfo xpending xreadgroup xsetid zlexcount zrangebylex zremrangebylex zrevrangebylex digest vrange";

/// Is this the name of one of them, in upper or lower case? Names with a point are those of modules.
pub(crate) fn is_known(name: &[u8]) -> bool {
    let names = || NAMES.split_ascii_whitespace();
    name.contains(&b'.') || names().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
