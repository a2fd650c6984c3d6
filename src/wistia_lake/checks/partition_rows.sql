-- Partitions whose number of rows is not the one that was recorded when they were built.
-- Relations: partition_rows(table_name, partition, row_count): what the tables' own files say.
with found as (
    select table_name, partition, cast(sum(row_count) as bigint) as row_count
    from partition_rows
    group by table_name, partition
)
select
    coalesce(built.table_name, found.table_name) as table_name,
    coalesce(built.partition, found.partition) as partition,
    coalesce(built.row_count, 0) as expected,
    coalesce(found.row_count, 0) as found
from ops.built as built
full join found on found.table_name = built.table_name and found.partition = built.partition
where coalesce(built.row_count, 0) <> coalesce(found.row_count, 0)
order by table_name, partition
